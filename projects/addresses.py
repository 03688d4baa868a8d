"""Where a URL that somebody typed leads, and whether the portal may connect there."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from projects.errors import Invalid

Address = IPv4Address | IPv6Address
Networks = Collection[IPv4Network | IPv6Network]
Resolve = Callable[[str, int], Iterable[str]]  # a name and a port → all its addresses

HTTPS = frozenset({"https"})
PORTS = {"https": 443, "http": 80}
LEAST_OTHER_PORT = 1024  # below it are mail, log-in and directory services
LONGEST = 2_000

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^#]*)")
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?")
_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]*[a-z0-9]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as C libraries read parts of an address

# The special-purpose registries of IANA (RFC 6890 and what followed), and one address of a
# provider's own: `is_global` of Python 3.11 lets some of them pass.
_NO_HOST_4 = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # Azure's own, inside each of its machines
        ),
    )
)
_UNICAST_6 = IPv6Network("2000::/3")  # all that was ever given to hosts of the internet
_NO_HOST_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
_MAPPED, _NAT64 = IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96")
_6TO4, _TEREDO = IPv6Network("2002::/16"), IPv6Network("2001::/32")
_LOW = 0xFFFF_FFFF


def gettext_noop(text: str) -> str:
    """Marks a sentence that is translated where it is told; nothing here knows languages."""
    return text


class Why(StrEnum):
    """Why a URL is refused."""

    TEXT = gettext_noop(
        "The URL has characters that no URL has, or more than 2,000 of them: letters beyond"
        " ASCII are written xn--… in the host, and as in %C3%A4 elsewhere."
    )
    FORM = gettext_noop("This is no URL with a host: write https://host/path.")
    SCHEME = gettext_noop("Only addresses that begin with https:// are connected to.")
    CREDENTIALS = gettext_noop("The URL holds a user name or an @: leave it out.")
    FRAGMENT = gettext_noop(
        "The URL holds a #: what stands behind it is never sent, leave it out."
    )
    PORT = gettext_noop("This port is not connected to: use 443 or one from 1024 to 65535.")
    HOST = gettext_noop(
        "The host is no full name such as hooks.example.org: letters, digits and hyphens with a"
        " dot between them and none at the end."
    )
    SPELLING = gettext_noop(
        "The host is a number in a spelling that is read in several ways: write it as four"
        " numbers without zeros before them, such as 192.0.32.8."
    )
    UNKNOWN = gettext_noop("The host has no address: its name cannot be found.")
    INSIDE = gettext_noop(
        "The host leads into a private or special network, and the portal connects to none."
    )


class AddressRefused(Invalid):
    """A URL that the portal does not connect to; `why` is for those who translate it."""

    code = "address-refused"

    def __init__(self, why: Why) -> None:
        super().__init__(why.value, fields={"url": [why.value]})
        self.why = why


class Destination(NamedTuple):
    """Where to connect to: `address` and `port` on the wire, `host` in TLS and in the call.

    `target` is what the call asks for. Nobody looks the host up again: the second answer could
    be another one.
    """

    address: Address
    port: int
    host: str
    target: str


def destination_of(
    url: str, resolve: Resolve, *, allowed: Networks = (), schemes: frozenset[str] = HTTPS
) -> Destination:
    """The one checked destination of a URL; the host is looked up at most once.

    Raises AddressRefused if the URL is odd or if any of its host's addresses is neither one of
    the public internet, whatever other address is wrapped in it, nor in an `allowed` network.
    """
    host, port, target = _parts(url, schemes)
    literal = _literal(host)
    addresses = [literal] if literal else _looked_up(host, port, resolve)
    _check(addresses, allowed)
    return Destination(addresses[0], port, host, target)


def check_url(url: str, *, allowed: Networks = ()) -> str:
    """The host of a URL that could be connected to, as far as can be said without asking anybody.

    Raises AddressRefused.
    """
    host, _port, _target = _parts(url, HTTPS)
    literal = _literal(host)
    _check([literal] if literal else [], allowed)
    return host


def _check(addresses: Iterable[Address], allowed: Networks) -> None:
    if not all(_in(address, allowed) or is_public(address) for address in addresses):
        raise AddressRefused(Why.INSIDE)


def is_public(address: Address) -> bool:
    """Whether an address, and every address that is wrapped in it, is of the public internet."""
    if isinstance(address, IPv4Address):
        return address.is_global and not _in(address, _NO_HOST_4)
    if address.scope_id is not None:
        return False
    wrapped = list(unwrapped(address))
    if wrapped:
        return all(map(is_public, wrapped))
    return address.is_global and address in _UNICAST_6 and not _in(address, _NO_HOST_6)


def unwrapped(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses to which gateways and tunnels carry on what is sent to this one.

    Mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380: its server, and its
    client with every bit turned). The prefix for a site's own NAT64, 64:ff9b:1::/48, is not
    unwrapped: where in it the address lies is the site's secret, so none of it is public.
    """
    bits = int(address)
    if address in _MAPPED or address in _NAT64:
        yield IPv4Address(bits & _LOW)
    elif address in _6TO4:
        yield IPv4Address(bits >> 80 & _LOW)
    elif address in _TEREDO:
        yield IPv4Address(bits >> 64 & _LOW)
        yield IPv4Address(~bits & _LOW)


def _parts(url: str, schemes: frozenset[str]) -> tuple[str, int, str]:
    """Host, port and target, by a grammar that leaves no two readings."""
    if len(url) > LONGEST or "\\" in url or not all("!" <= char <= "~" for char in url):
        raise AddressRefused(Why.TEXT)
    if "#" in url:
        raise AddressRefused(Why.FRAGMENT)
    found = _URL.fullmatch(url)
    if not found:
        raise AddressRefused(Why.FORM)
    scheme = found[1].lower()
    if scheme not in schemes:
        raise AddressRefused(Why.SCHEME)
    if "@" in found[2]:
        raise AddressRefused(Why.CREDENTIALS)
    authority = _AUTHORITY.fullmatch(found[2])
    if not authority:
        raise AddressRefused(Why.PORT if "[" not in found[2] else Why.FORM)
    host, port = authority[1].lower(), int(authority[2] or PORTS[scheme])
    if not host:
        raise AddressRefused(Why.FORM)
    if port != PORTS[scheme] and not LEAST_OTHER_PORT <= port <= 65_535:
        raise AddressRefused(Why.PORT)
    target = found[3]
    return host, port, target if target.startswith("/") else f"/{target}"


def _literal(host: str) -> Address | None:
    """The address that stands in the URL itself, None for a name."""
    if host.startswith("["):
        if "%" in host:  # a zone is a network card of ours
            raise AddressRefused(Why.INSIDE)
        try:
            return IPv6Address(host[1:-1])
        except ValueError as error:
            raise AddressRefused(Why.HOST) from error
    if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        try:
            return IPv4Address(host)
        except ValueError as error:  # 127.1, 2130706433, 0x7f.1, 0177.0.0.1
            raise AddressRefused(Why.SPELLING) from error
    if not _NAME.fullmatch(host):
        raise AddressRefused(Why.HOST)
    return None


def _looked_up(host: str, port: int, resolve: Resolve) -> list[Address]:
    try:
        found = [ip_address(text) for text in resolve(host, port)]
    except (OSError, ValueError) as error:
        raise AddressRefused(Why.UNKNOWN) from error
    if not found:
        raise AddressRefused(Why.UNKNOWN)
    return found


def _in(address: Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(address in network for network in networks)
