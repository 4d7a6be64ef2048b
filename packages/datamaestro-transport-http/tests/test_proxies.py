"""Proxies of the environment."""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from datamaestro.errors import TransportError
from datamaestro_transport_http.proxies import _proxy, proxy_for


@pytest.fixture
def proxy():
    """Give a proxy that notes what it is asked for, and answers by itself."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append((self.path, dict(self.headers)))
            status, headers = self.server.answers.get(self.path, (200, {}))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "9")
            self.end_headers()
            self.wfile.write(b"the proxy")

        def do_CONNECT(self):
            self.server.asked.append((self.path, dict(self.headers)))
            self.send_error(self.server.refusal)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.answers, server.refusal = [], {}, 403
        server.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxied(proxy, monkeypatch):
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("https_proxy", proxy.url)
    return proxy


def test_the_proxy_of_the_environment_is_asked(fetch, proxied):
    assert fetch("http://public.example/x") == b"the proxy"
    assert [path for path, _ in proxied.asked] == ["http://public.example/x"]


def test_for_tls_the_proxy_is_asked_for_a_tunnel(fetch, proxied):
    with pytest.raises(TransportError, match="can't be reached through its proxy"):
        fetch("https://public.example/x")
    assert [path for path, _ in proxied.asked] == ["public.example:443"]


@pytest.mark.parametrize(
    ("status", "retry", "hint"),
    [
        (403, False, "no_proxy"),
        (407, False, "USER:PASSWORD@"),
        (429, True, "no_proxy"),
        (502, True, "no_proxy"),
    ],
)
def test_a_proxy_that_gives_no_tunnel_is_asked_again_if_that_may_pass(
    fetch, proxied, status, retry, hint
):
    proxied.refusal = status
    with pytest.raises(TransportError, match=f"found status {status}.*{hint}") as caught:
        fetch("https://public.example/x")
    assert caught.value.retry is retry


def test_who_a_proxy_has_to_know_is_told_where_that_goes(fetch, proxied):
    proxied.answers["http://public.example/x"] = (407, {})
    with pytest.raises(TransportError, match=r"found status 407.*http_proxy.*USER:PASSWORD@"):
        fetch("http://public.example/x")


def test_what_has_no_proxy_is_asked_itself(fetch, proxy, file_server, monkeypatch):
    monkeypatch.setenv("https_proxy", proxy.url)
    file_server.files["/x"] = b"the server"
    assert fetch(file_server.url("/x")) == b"the server"
    assert proxy.asked == []


@pytest.fixture
def configured(monkeypatch):
    """Give the proxies of a system that has settings for them, and no variables."""
    proxies = {}
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("urllib.request.getproxies", lambda: proxies)
    _proxy.cache_clear()
    yield proxies
    _proxy.cache_clear()


def test_the_proxy_of_the_settings_of_the_system_is_asked(fetch, proxy, configured):
    configured["http"] = proxy.url
    assert fetch("http://public.example/x") == b"the proxy"


def test_a_wrong_proxy_of_the_settings_of_the_system_is_told_to_be_there(configured):
    configured["http"] = "ftp://host"
    with pytest.raises(TransportError, match=r"^the proxy of the system's settings: not the"):
        proxy_for("http://public.example/x")


@pytest.mark.parametrize(
    "hosts", ["127.0.0.1", "*", "example.org,127.0.0.0/8", "10.0.0.0/8, 127.0.0.0/8 ,::1"]
)
def test_some_hosts_need_no_proxy(fetch, proxied, file_server, monkeypatch, hosts):
    monkeypatch.setenv("no_proxy", hosts)
    file_server.files["/x"] = b"the server"
    assert fetch(file_server.url("/x")) == b"the server"
    assert proxied.asked == []


@pytest.mark.parametrize(
    ("exceptions", "url"),
    [
        ("other.example [::1]", "http://[::1]:8080/"),
        ("[::1]:8080", "http://[::1]:8080/"),
        ("::1/128", "http://[::1]/"),
        ("127.0.0.1:80", "http://127.0.0.1/"),
        ("Public.Example", "http://public.example/"),
        ("public.example", "http://public.example./"),
        ("public.example:80", "http://public.example/"),
        ("public.example:443", "https://public.example/"),
        (".example", "http://public.example/"),
        ("*.example", "http://public.example/"),
        ("other.example,*", "http://public.example/"),
        ("other.example\tpublic.example", "http://public.example/"),
        ("bücher.example", "http://xn--bcher-kva.example/"),
        ("xn--bcher-kva.example", "http://bücher.example/"),
    ],
)
def test_a_host_may_be_excepted_in_any_spelling(monkeypatch, exceptions, url):
    monkeypatch.setenv("all_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", exceptions)
    assert proxy_for(url) is None


@pytest.mark.parametrize(
    ("exceptions", "url"),
    [
        ("[::1]:81", "http://[::1]/"),
        ("[::2]", "http://[::1]/"),
        ("public.example:80", "https://public.example/"),
        ("blic.example", "http://public.example/"),
        ("very.public.example", "http://public.example/"),
        (" , .,℀.example", "http://public.example/"),
        ("10.0.0.0/8", "http://public.example/"),
    ],
)
def test_no_other_host_is_excepted(monkeypatch, exceptions, url):
    monkeypatch.setenv("all_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", exceptions)
    assert proxy_for(url) == "http://proxy.example:3128"


def test_a_password_for_the_proxy_goes_to_it_alone(fetch, proxied, file_server, monkeypatch):
    monkeypatch.setenv("http_proxy", proxied.url.replace("//", "//me:pass@"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    fetch("http://public.example/x")
    assert proxied.asked[0][1]["Proxy-Authorization"] == "Basic bWU6cGFzcw=="
    file_server.files["/x"] = b"x"
    fetch(file_server.url("/x"))
    assert "proxy-authorization" not in file_server.requests[0].headers


@pytest.mark.parametrize("location", ["http://127.0.0.1/", "http://0x7f.1/", "http://x.internal/"])
def test_a_redirect_through_a_proxy_is_judged_by_its_spelling(fetch, proxied, location):
    proxied.answers["http://public.example/x"] = (302, {"Location": location})
    with pytest.raises(TransportError, match="which is on"):
        fetch("http://public.example/x")


def test_a_name_that_only_the_proxy_can_look_up_is_followed(fetch, proxied):
    proxied.answers["http://public.example/x"] = (302, {"Location": "http://other.example/y"})
    assert fetch("http://public.example/x") == b"the proxy"
    assert [path for path, _ in proxied.asked][1] == "http://other.example/y"


@pytest.mark.parametrize(
    "value",
    [
        "http://host:bad",
        "host:bad",
        "ftp://host",
        "http://[::1",
        "http://",
        "http://me:5ecr3t/pass@host:80",
        "http://me:5ecr3t#pass@host:80",
        "http://me:5ecr3t?pass@host:80",
        "http://me:80/5ecr3t@host",
        "socks5://me:5ecr3t/pass@host:80",
        "http://me:5ecr3t[@host",
    ],
)
@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
def test_what_is_no_proxy_is_told_without_its_password(fetch, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(TransportError, match=f"^{variable}: not the URL of a proxy") as caught:
        fetch("http://public.example/x")
    assert not any(word in str(caught.value) for word in ("5ecr3t", "bad", "[::1", "ftp"))
    assert not caught.value.retry


def test_a_proxy_that_needs_a_further_package_names_it(fetch, monkeypatch):
    monkeypatch.setitem(sys.modules, "urllib3.contrib.socks", None)
    monkeypatch.setenv("http_proxy", "socks5h://me:5ecr3t@127.0.0.1:9")
    with pytest.raises(TransportError, match="pip install PySocks") as caught:
        fetch("http://public.example/x")
    assert not caught.value.retry
    assert "5ecr3t" not in str(caught.value)


def test_a_proxy_that_is_away_may_come_back(fetch, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://me:5ecr3t@127.0.0.1:9")
    with pytest.raises(TransportError, match=r"its proxy can't be reached.*no_proxy") as caught:
        fetch("http://public.example/x")
    assert caught.value.retry
    assert "5ecr3t" not in str(caught.value)
