"""Where a host is, however it is spelled."""

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given, strategies as st

from datamaestro_transport_http.addresses import Scope, resolved, scope, scopes, spelled

LOOPBACK, LINK_LOCAL, PRIVATE, PUBLIC = Scope


@pytest.mark.parametrize(
    ("expected", "addresses"),
    [
        (LOOPBACK, "127.0.0.1 127.255.255.254 ::1 0.0.0.0 0.1.2.3 ::"),
        (LOOPBACK, "::ffff:127.0.0.1 ::127.0.0.1 2002:7f00:1:: 64:ff9b::7f00:1"),
        (LINK_LOCAL, "169.254.169.254 fe80::1 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe"),
        (PRIVATE, "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1"),
        (PRIVATE, "fc00::1 fd12:3456::1 fec0::1 ::ffff:10.0.0.1 2002:c0a8:101::1"),
        (PRIVATE, "192.0.2.1 198.18.0.1 240.0.0.1 255.255.255.255 224.0.0.1 ff02::1 2001:db8::1"),
        (PUBLIC, "93.184.216.34 8.8.8.8 172.32.0.1 2606:4700::1111 ::ffff:8.8.8.8"),
        (PUBLIC, "2002:808:808:: 64:ff9b::808:808"),
    ],
)
def test_an_address_is_where_its_packets_go(expected, addresses):
    assert {text: scope(ip_address(text)) for text in addresses.split()} == dict.fromkeys(
        addresses.split(), expected
    )


def test_an_address_behind_a_tunnel_is_where_the_tunnel_ends():
    # Teredo (RFC 4380) holds the client's address with all bits inverted.
    assert scope(ip_address("2001:0:4136:e378:8000:63bf:80ff:fffe")) is LOOPBACK


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "0x7f.0.0.1",
        "0X7F.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "0177.0.0.01",
        "0177.0.0.1",
        "127.000.000.001",
        "%31%32%37.0.0.1",
        "127。0。0。1",
        "１２７.０.０.１",  # noqa: RUF001  (that it looks so is the point)
        "①②⑦.⓪.⓪.①",
        "[::1]",
        "::1",
        "0:0:0:0:0:0:0:1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::1%25lo",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST.",
        "anything.localhost",
    ],
)
def test_no_spelling_hides_this_machine(host):
    assert LOOPBACK in scopes(host, None)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("0xa9fea9fe", LINK_LOCAL),
        ("printer.local", LINK_LOCAL),
        ("metadata.google.internal", PRIVATE),
        ("10.1", PRIVATE),
        ("0xC0.0xA8.1", PRIVATE),
    ],
)
def test_no_spelling_hides_a_network(host, expected):
    assert scopes(host, None) == {expected}


def test_a_number_that_programs_read_differently_counts_in_both_readings():
    assert spelled("010.0.0.1") == {IPv4Address("8.0.0.1"), IPv4Address("10.0.0.1")}
    assert scopes("010.0.0.1", None) == {PUBLIC, PRIVATE}


@pytest.mark.parametrize(
    "host",
    ["", "host", "1.2.3.4.5", "256.1.1.1", "1.2.65536", "4294967296", "1..2", "08.x", "a::b::c"],
)
def test_what_is_no_number_is_a_name(host):
    assert spelled(host) == frozenset()


@pytest.mark.parametrize(
    "host", ["1_0.0.0.1", "+10.0.0.1", "-1.1", "0x_a.1", "0x+a.1", "0x0xa.1", "0o12.1", "0x-1"]
)
def test_what_only_python_reads_as_a_number_is_a_name(host):
    assert spelled(host) == frozenset()


def test_a_number_of_thousands_of_digits_is_a_name():
    assert spelled("9" * 5000) == spelled("0x" + "f" * 5000) == frozenset()


def test_every_address_of_a_name_counts():
    names = {"both.example": [ip_address("8.8.8.8"), ip_address("192.168.0.1")]}
    assert scopes("both.example", names.__getitem__) == {PUBLIC, PRIVATE}


def test_a_name_without_an_address_is_nowhere():
    assert scopes("none.example", lambda host: []) == frozenset()
    assert scopes("none.example", None) == frozenset()


def test_names_are_resolved_as_the_system_does():
    assert ip_address("127.0.0.1") in resolved("localhost")
    assert resolved("a" * 300) == frozenset()


@given(st.integers(0, 2**32 - 1))
def test_every_spelling_of_a_number_is_the_same_address(value):
    address = IPv4Address(value)
    first = address.packed[0]
    for host in (str(address), str(value), hex(value), f"{first}.{value & 0xFFFFFF}"):
        assert spelled(host) == {address}
    assert address in spelled(f"0{value:o}")
    assert address in spelled(".".join(f"0x{byte:02x}" for byte in address.packed))


@given(st.text())
def test_any_text_can_be_looked_at(text):
    scopes(text, lambda host: [])
