"""Addresses of hosts, networks and servers, such as 10.0.0.7, 10.0.0.0/8 or nats://host:4222."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

_OF_ONE_HOST = 64  # bits: an IPv6 host has all addresses of its /64 (RFC 4291 §2.5.4)
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA assigns; translations of IPv4 addresses are outside
_6TO4 = IPv6Network("2002::/16")  # holds any IPv4 address, also private ones


def is_network(text: str) -> bool:
    """True if the text is the address of a host or a network."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def is_server(text: str, *schemes: str) -> bool:
    """True if the text is the address of a server in one of these schemes, such as nats://host:4222, without a path."""
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0 and not parts.path
    except ValueError:
        return False


def is_in(host: str, networks: Iterable[str]) -> bool:
    """True if the host is in one of the networks."""
    address = _address(host)
    return address is not None and any(address in ip_network(each) for each in networks)


def is_public(host: str) -> bool:
    """True if the host is an address of the Internet, and not one that is private, local, multicast or reserved."""
    address = _address(host)
    if isinstance(address, IPv6Address):
        return address.is_global and address in _GLOBAL_UNICAST and address not in _6TO4
    return address is not None and address.is_global and not address.is_multicast


def is_loopback(host: str) -> bool:
    """True if the host is this machine itself."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def host_in_url(host: str) -> str:
    """Returns the host as an address in a browser of this machine names it: 127.0.0.1 if it stands for all hosts."""
    address = _address(host)
    if address is not None and address.is_unspecified:
        return "127.0.0.1"
    return f"[{host}]" if isinstance(address, IPv6Address) else host


def network_of(host: str) -> str:
    """Returns the network that one client has: its address; of IPv6 its /64. A host without an address is its own."""
    address = _address(host)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _OF_ONE_HOST), strict=False).network_address)
    return host if address is None else str(address)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Returns the address; of an IPv4 address that is written in IPv6, such as ::ffff:10.0.0.7, the IPv4 address."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
