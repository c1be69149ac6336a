"""Addresses: a mapped IPv4 address is the IPv4 address, and an IPv6 client is its network."""

import pytest

from service.networks import host_in_url, is_in, is_loopback, is_public, network_of


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_the_network_of_a_client_is_all_that_it_can_send_from(host: str, network: str) -> None:
    assert network_of(host) == network


@pytest.mark.parametrize(
    ("host", "trusted"),
    [
        ("10.0.0.1", True),
        ("::ffff:10.0.0.1", True),
        ("::ffff:11.0.0.1", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_a_host_is_in_a_network_however_its_address_is_written(host: str, trusted: bool) -> None:
    assert is_in(host, ("192.0.2.1", "10.0.0.0/8", "2001:db8::/32")) is trusted


@pytest.mark.parametrize(
    ("host", "itself"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("127.0.0.1.example", False),
        ("", False),
    ],
)
def test_this_machine_is_known_by_every_address_of_its_own(host: str, itself: bool) -> None:
    assert is_loopback(host) is itself


@pytest.mark.parametrize(
    ("host", "named"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "[::1]"), ("ledger", "ledger")],
)
def test_a_link_names_a_host_that_a_browser_of_this_machine_reaches(host: str, named: str) -> None:
    assert host_in_url(host) == named


@pytest.mark.parametrize(
    "host",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "0.0.0.0", "169.254.169.254", "100.64.0.1"),
        *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::10.0.0.1", "fe80::1", "fe80::1%eth0", "fec0::1"),
        *("fd00::1", "ff02::1", "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1", "2002:a00:1::1", "2001:db8::1"),
        *("2001:0:a00:1::1", "localhost", "example.com", ""),
    ],
)
def test_an_address_outside_the_internet_is_not_public(host: str) -> None:
    assert not is_public(host)


@pytest.mark.parametrize("host", ["93.184.215.14", "::ffff:93.184.215.14", "2606:4700::1111", "1.1.1.1"])
def test_an_address_of_the_internet_is_public(host: str) -> None:
    assert is_public(host)
