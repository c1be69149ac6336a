"""Networks by their addresses, such as 10.0.0.7 or 10.0.0.0/8."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network


def is_network(text: str) -> bool:
    """True if the text is the address of a host or a network."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def is_in(host: str, networks: Iterable[str]) -> bool:
    """True if the host is in one of the networks."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in ip_network(each) for each in networks)
