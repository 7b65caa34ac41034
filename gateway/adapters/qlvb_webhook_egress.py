"""Which machines an agency's events may reach: listed hosts, and addresses judged anew (S5).

A QLVB stands in a private network as often as not, so "public addresses only" is no rule. A host
must be listed; where it leads must be public, or lie in a network that is listed apart.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.errors import SettingsError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PORT_LIMIT = 65535
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label begins with a letter: 2130706433, 0x7f.1 and 127.1 are names to some resolvers.
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$)(?:{_LABEL}\.)*[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
_URL = re.compile(r"(https?)://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::([0-9]{1,5}))?(?:/[!-~]*)?")
# What the standard library of some Python versions counts as global (IANA special-purpose lists).
_SPECIAL: tuple[IpNetwork, ...] = tuple(
    ipaddress.ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # RFC 4291; everything else is special
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Egress:
    """Where an agency's events may go.

    Attributes:
        hosts: ``host:port`` as in the URL, lower case, IPv6 in brackets. Nothing else is called.
        networks: Private networks the addresses may lie in. A public address needs no entry; a
            loopback, private, link-local or otherwise special one does.

    """

    hosts: frozenset[str]
    networks: tuple[IpNetwork, ...] = ()

    def permits(self, address: IpAddress) -> bool:
        """Tell whether ``address`` may be called; addresses inside addresses are unpacked."""
        inner = _unpacked(address)
        if any(inner.version == net.version and inner in net for net in self.networks):
            return True
        if isinstance(inner, ipaddress.IPv6Address) and inner not in _GLOBAL_UNICAST:
            return False
        special = any(inner.version == net.version and inner in net for net in _SPECIAL)
        return inner.is_global and not inner.is_multicast and not special


def host_and_port(url: str) -> tuple[str, int]:
    """Return host (lower case, IPv6 in brackets) and port of a URL that may be called.

    Only one spelling of each address passes: no user name, no octal, hexadecimal or short IPv4,
    no zone, no full stop at the end, no escapes in the host.

    Raises:
        SettingsError: ``webhook-url-wrong``; the sentence does not repeat the URL, whose query
            may hold a secret.

    """
    match = _URL.fullmatch(url)
    if match is None or "\\" in url or "#" in url:
        raise _wrong_url()
    scheme, host, port_text = match[1], match[2], match[3]
    port = int(port_text) if port_text else _DEFAULT_PORTS[scheme]
    if not 0 < port <= _PORT_LIMIT or (literal(host) is None and not _HOST_NAME.fullmatch(host)):
        raise _wrong_url()
    return host, port


class CheckedResolver(AbstractResolver):
    """Asks another resolver and refuses a name as soon as one of its addresses is refused."""

    def __init__(self, names: AbstractResolver, egress: Egress) -> None:
        self._names = names
        self._egress = egress

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses; AddressRefusedError when one of them may not be called."""
        found = await self._names.resolve(host, port, family)
        for each in found:
            if not self._egress.permits(ipaddress.ip_address(each["host"].partition("%")[0])):
                raise AddressRefusedError
        return found

    async def close(self) -> None:
        """Let go of the other resolver."""
        await self._names.close()


class AddressRefusedError(OSError):
    """A name led to an address that may not be called; an OSError because aiohttp wants one."""


def _unpacked(address: IpAddress) -> IpAddress:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[12:])
    return address


def literal(host: str) -> IpAddress | None:
    """Return the address when ``host`` spells one in its canonical form, else None."""
    bare = host.removeprefix("[").removesuffix("]")
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return address if str(address) == bare else None


def _wrong_url() -> SettingsError:
    return SettingsError(
        "webhook-url-wrong",
        vi="Địa chỉ webhook sai dạng: cần http(s)://máy[:cổng]/đường-dẫn, chữ thường, không kèm "
        "tên đăng nhập, không dùng cách viết lạ của địa chỉ IP.",
        en="webhook URL malformed: http(s)://host[:port]/path expected, lower case, without user "
        "name or unusual spellings of addresses",
    )
