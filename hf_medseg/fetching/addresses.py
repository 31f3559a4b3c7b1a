"""Which hosts and numbers are this machine or its network, where no owner's files lie."""

from __future__ import annotations

import contextlib
import ipaddress
import re

# Addresses for measurements between networks: proxies on a user's own machine answer with them in place of the real ones.
_STAND_INS = ipaddress.ip_network("198.18.0.0/15")
_EMBEDDING = ipaddress.ip_network("64:ff9b::/96")  # IPv4 within IPv6


def is_inside(host: str) -> bool:
    """Whether a host is this machine or one of its network, as far as its name or number says."""
    name = host.rstrip(".").lower()
    if name in ("", "localhost") or name.endswith((".localhost", ".local", ".internal", ".localdomain")):
        return True
    with contextlib.suppress(ValueError):
        return not _plain(name).is_global
    # 127.1, 0x7f000001 and 2130706433 are the same address to the system.
    return re.fullmatch(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+))*", name) is not None


def leads_inside(number: str) -> bool:
    """Whether the number that a name was found to have is one of this machine or its network."""
    address = _plain(number.partition("%")[0])
    return not (address.is_global or address in _STAND_INS)


def _plain(number: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(number)
    if isinstance(address, ipaddress.IPv6Address):
        if address in _EMBEDDING:
            return ipaddress.IPv4Address(address.packed[-4:])
        return address.ipv4_mapped or address.sixtofour or address
    return address
