"""What a transport promises."""

from __future__ import annotations

import inspect
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, NoReturn

import pytest

from datamaestro.context import Context
from datamaestro.download import Response, Transport, TransportRequest
from datamaestro.errors import TransportError
from datamaestro.testing.contracts.described import description_of
from datamaestro.testing.contracts.open_files import left_open, open_files

__all__ = ["TransportContract"]

CONTENT = bytes(range(256)) * 20
PIECE = 1000


class TransportContract:
    """Tests of a transport. ::

        class TestHttp(TransportContract):
            transport = HttpTransport

            @pytest.fixture
            def publish(self, file_server):
                def publish(content):
                    file_server.files["/x"] = content
                    return file_server.url("/x")

                return publish

            @pytest.fixture
            def nowhere(self, file_server):
                return file_server.url("/nowhere")

    :cvar transport: its class
    """

    transport: ClassVar[type[Transport]]

    @pytest.fixture
    def publish(self) -> Callable[[bytes], str]:
        """Give a function that makes content available, and gives its URL.

        The same one each time, if content under a URL can change. To be overridden.
        """
        raise NotImplementedError

    @pytest.fixture
    def nowhere(self) -> str:
        """Give a URL that can be read and has no content. To be overridden."""
        raise NotImplementedError

    @pytest.fixture
    def unreachable(self) -> str:
        """Give a URL of a server that isn't there. To be overridden, if there are servers."""
        pytest.skip("its URLs name no server")

    @pytest.fixture
    def opened(self, context: Context) -> Callable[..., Response]:
        """Give a function that opens a URL, from one byte to another, if it is as before."""
        transport = self.transport(context)

        def opened(
            url: str, start: int = 0, validator: str | None = None, stop: int | None = None
        ) -> Response:
            return transport.open(TransportRequest(url, start, validator, stop))

        return opened

    # --- what it says

    def test_a_plugin_provides_it_for_its_schemes(
        self, context: Context, publish: Callable[[bytes], str]
    ) -> None:
        url = publish(CONTENT)
        found = description_of(self.transport, context.plugins, context.plugins.transports)
        assert url.partition(":")[0].lower() in found.schemes
        assert [scheme for scheme in found.schemes if scheme != scheme.lower()] == []
        assert type(context.transport(url)) is self.transport
        assert inspect.getdoc(self.transport)

    # --- what it gives

    def test_a_url_gives_all_of_its_content(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str]
    ) -> None:
        with opened(publish(CONTENT)) as response:
            assert response.start == 0
            assert response.size in (None, len(CONTENT))
            assert isinstance(response.validator, str | None)
            assert content_of(response) == CONTENT

    def test_content_without_a_byte_is_content(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str]
    ) -> None:
        with opened(publish(b"")) as response:
            assert response.size in (None, 0)
            assert content_of(response) == b""

    def test_a_piece_is_as_long_as_was_asked_for_at_most(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str]
    ) -> None:
        with opened(publish(CONTENT)) as response:
            assert 0 < len(response.read(PIECE)) <= PIECE

    def test_after_the_end_nothing_comes(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str]
    ) -> None:
        with opened(publish(CONTENT)) as response:
            content_of(response)
            assert response.read(PIECE) == response.read(PIECE) == b""

    @pytest.mark.parametrize("start", [1, 1000, len(CONTENT) - 1, len(CONTENT)])
    def test_a_transfer_begins_where_it_says(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str], start: int
    ) -> None:
        url = publish(CONTENT)
        with opened(url) as first:
            validator = first.validator
        with opened(url, start, validator) as response:
            assert response.start in (0, start)
            assert response.size in (None, len(CONTENT))
            assert content_of(response) == CONTENT[response.start :]

    def test_a_part_has_at_least_the_bytes_that_were_asked_for(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str]
    ) -> None:
        url = publish(CONTENT)
        with opened(url) as first:
            validator = first.validator
        with opened(url, 1000, validator, 3000) as response:
            assert response.start in (0, 1000)
            assert response.size in (None, len(CONTENT))
            assert content_of(response).startswith(CONTENT[response.start : 3000])

    def test_ranges_are_given_where_they_are_offered(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str]
    ) -> None:
        url = publish(CONTENT)
        with opened(url) as first:
            offered, validator = first.ranges, first.validator
        if not offered:
            pytest.skip("it doesn't say that there are ranges")
        with opened(url, 1000, validator, 3000) as response:
            assert response.start == 1000

    def test_a_look_at_a_url_tells_what_a_transfer_does(
        self, context: Context, opened: Callable[..., Response], publish: Callable[[bytes], str]
    ) -> None:
        url = publish(CONTENT)
        with opened(url) as response:
            validator = response.validator
        facts = self.transport(context).check(url)
        assert facts.url
        assert facts.size in (None, len(CONTENT))
        assert facts.validator in (None, validator)

    def test_a_validator_stays_as_long_as_the_content(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str]
    ) -> None:
        url = publish(CONTENT)
        with opened(url) as first, opened(url) as second:
            assert first.validator == second.validator

    @pytest.mark.parametrize("stop", [None, 3000])
    def test_content_that_changed_is_given_from_its_beginning(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str], stop: int | None
    ) -> None:
        url = publish(CONTENT)
        with opened(url) as first:
            validator = first.validator
        if validator is None or publish(CONTENT[::-1]) != url:
            pytest.skip("content under its URLs never changes, or nothing tells that it has")
        with opened(url, 1000, validator, stop) as response:
            assert response.start == 0
            assert response.validator != validator
            assert content_of(response).startswith(CONTENT[::-1][:stop])

    def test_transfers_at_the_same_time_have_their_own_content(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str]
    ) -> None:
        url = publish(CONTENT)
        with opened(url) as first, opened(url) as second:
            pieces = [[first.read(PIECE), second.read(PIECE)] for _ in CONTENT]
        assert [b"".join(item) for item in zip(*pieces, strict=True)] == [CONTENT, CONTENT]

    def test_threads_use_it_at_the_same_time(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str]
    ) -> None:
        url = publish(CONTENT)

        def read(_: int) -> bytes:
            with opened(url) as response:
                return content_of(response)

        with ThreadPoolExecutor(4) as threads:
            assert set(threads.map(read, range(8))) == {CONTENT}

    # --- what it refuses, and how it ends

    def test_what_is_not_there_is_an_error_that_names_it_and_stays(
        self, opened: Callable[..., Response], nowhere: str
    ) -> None:
        with pytest.raises(TransportError) as caught, opened(nowhere) as response:
            content_of(response)
        assert caught.value.where is not None
        assert nowhere in caught.value.where
        assert not caught.value.retry

    def test_a_look_at_what_is_not_there_is_an_error(self, context: Context, nowhere: str) -> None:
        with pytest.raises(TransportError):
            self.transport(context).check(nowhere)

    def test_one_that_serves_offline_opens_no_connection(
        self,
        opened: Callable[..., Response],
        publish: Callable[[bytes], str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        if self.transport.network:
            pytest.skip("it says that it opens connections")
        url = publish(CONTENT)
        monkeypatch.setattr(socket.socket, "connect", no_connection)
        with opened(url) as response:
            assert content_of(response) == CONTENT

    def test_a_server_that_is_not_there_may_be_asked_again(
        self, opened: Callable[..., Response], unreachable: str
    ) -> None:
        with pytest.raises(TransportError) as caught, opened(unreachable) as response:
            content_of(response)
        assert caught.value.retry

    def test_a_transfer_may_be_given_up_at_any_time(
        self, opened: Callable[..., Response], publish: Callable[[bytes], str]
    ) -> None:
        url = publish(CONTENT)
        opened(url).close()
        with opened(url) as response:
            response.read(1)
        with opened(url) as response:
            assert content_of(response) == CONTENT

    def test_nothing_stays_open_that_was_closed(
        self, context: Context, publish: Callable[[bytes], str]
    ) -> None:
        url = publish(CONTENT)
        before = open_files()
        transport = self.transport(context)
        with transport.open(TransportRequest(url)) as response:
            content_of(response)
        transport.close()
        assert left_open(before) == []

    def test_closing_twice_is_no_error(
        self,
        context: Context,
        opened: Callable[..., Response],
        publish: Callable[[bytes], str],
    ) -> None:
        response = opened(publish(CONTENT))
        response.close()
        response.close()
        transport = self.transport(context)
        transport.close()
        transport.close()


def content_of(response: Response) -> bytes:
    """Read a response to its end.

    :raises AssertionError: if it gives something else than bytes, or ever more
    """
    content = b""
    while piece := response.read(PIECE):
        assert isinstance(piece, bytes)
        content += piece
        assert len(content) <= 2 * len(CONTENT), "it comes to no end"
    assert piece == b""
    return content


def no_connection(_: socket.socket, address: object) -> NoReturn:
    """Stand for ``socket.connect`` where nothing may connect."""
    raise AssertionError(f"it connects to {address}, and says that it opens no connection")
