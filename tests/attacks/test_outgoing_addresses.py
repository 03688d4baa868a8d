"""URLs that strangers type to be called back: none leads the portal into a network of its own."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from projects.addresses import AddressRefused, Destination, Why, destination_of, is_public

GOOD_4, GOOD_6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
# Written down once more, by hand, from the registries of special addresses.
INSIDE_4 = [
    IPv4Network(net)
    for net in [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    ]
]
INSIDE_6 = [
    IPv6Network(net)
    for net in [
        "::/96",
        "::1/128",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/32",
        "2001:2::/48",
        "2001:db8::/32",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    ]
]


class Names:
    """A resolver that gives what it is told, and remembers who was looked up."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Iterable[str]:
        self.asked.append((host, port))
        return self.addresses


def refusal(url: str, *addresses: str) -> Why:
    """Why it is refused; a name would lead to a good address if it were looked up."""
    with pytest.raises(AddressRefused) as refused:
        destination_of(url, Names(*addresses or (GOOD_4,)))
    assert refused.value.status == 400
    assert refused.value.fields == {"url": [refused.value.detail]}
    return refused.value.why


def test_a_host_of_the_internet_is_looked_up_once_and_its_first_address_taken() -> None:
    names = Names(GOOD_6, GOOD_4)
    found = destination_of("https://Hooks.example.org/a?b=c", names)
    assert found == Destination(ip_address(GOOD_6), 443, "hooks.example.org", "/a?b=c")
    assert names.asked == [("hooks.example.org", 443)]


@pytest.mark.parametrize("url", [f"https://{GOOD_4}/", f"https://[{GOOD_6}]:8443/"])
def test_an_address_in_the_url_is_not_looked_up(url: str) -> None:
    names = Names("127.0.0.1")
    assert str(destination_of(url, names).address) in {GOOD_4, GOOD_6}
    assert names.asked == []


@pytest.mark.parametrize(
    ("url", "port", "target"),
    [
        ("https://example.org", 443, "/"),
        ("https://example.org?x", 443, "/?x"),
        ("https://example.org:443/%2e%2e/x", 443, "/%2e%2e/x"),
        ("HTTPS://example.org:8443/", 8443, "/"),
        ("https://xn--bcher-kva.example/", 443, "/"),
    ],
)
def test_the_port_and_what_is_asked_for_are_told(url: str, port: int, target: str) -> None:
    found = destination_of(url, Names(GOOD_4))
    assert (found.port, found.target) == (port, target)


def test_another_scheme_is_taken_where_it_is_allowed_and_only_there() -> None:
    assert refusal("http://example.org/") is Why.SCHEME
    allowed = destination_of("http://example.org/", Names(GOOD_4), schemes=frozenset({"http"}))
    assert allowed.port == 80


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/",
        "https://169.254.169.254/latest/meta-data/",
        "https://127.1/",
        "https://2130706433/",
        "https://[::ffff:127.0.0.1]/",
    ],
)
def test_the_addresses_that_everybody_tries_are_refused(url: str) -> None:
    assert refusal(url) in {Why.SCHEME, Why.INSIDE, Why.SPELLING}


@pytest.mark.parametrize(
    "host",
    ["127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0x7f.0.0.1", "0177.0.0.1",
     "017700000001", "127.0.0.01", "00000127.0.0.1", "127.0.0.1.", "1.2.3.4.5", "256.1.1.1",
     "127.0.0.0x1", "0", "0x", "example.1", "93.184.215.014", "4294967297"],
)  # fmt: skip
def test_a_number_in_an_odd_spelling_is_refused_and_never_looked_up(host: str) -> None:
    names = Names(GOOD_4)
    with pytest.raises(AddressRefused) as refused:
        destination_of(f"https://{host}/", names)
    assert (refused.value.why, names.asked) == (Why.SPELLING, [])


@pytest.mark.parametrize(
    "host",
    ["localhost", "printer", "example.org.", "example..org", ".example.org", "-a.example.org",
     "a_b.example.org", "a-.example.org", f"{'a' * 64}.example.org", f"{'a.' * 127}org",
     "127.0.0.1%2eexample.org", "%31%32%37.example.org", "example.org%00.evil", "*.example.org",
     "exa,mple.org", "example.org;evil"],
)  # fmt: skip
def test_what_is_no_full_name_is_refused(host: str) -> None:
    assert refusal(f"https://{host}/") is Why.HOST


@pytest.mark.parametrize(
    "url",
    [
        "https://１２７.０.０.１/",
        "https://127。0。0。1/",
        "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
        "https://еxample.org/",
        "https://example.org\u202e/",
        "https://exam\u00adple.org/",
        "https://example.org/\u0000",
        "https://example.org/ x",
        "https://example.org/\r\nHost: evil",
        "\thttps://example.org/",
        "https://example.org\\@127.0.0.1/",
        "https:\\\\127.0.0.1/",
        f"https://example.org/{'x' * 2000}",
    ],
)
def test_letters_that_no_url_has_are_refused(url: str) -> None:
    assert refusal(url) is Why.TEXT


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", Why.FORM),
        ("example.org", Why.FORM),
        ("//example.org/", Why.FORM),
        ("https:example.org", Why.FORM),
        ("https:/example.org", Why.FORM),
        ("https:///example.org", Why.FORM),
        ("https://:443/", Why.FORM),
        ("https://[::1/", Why.FORM),
        ("https://[2606:2800::1]evil/", Why.FORM),
        ("ftp://example.org/", Why.SCHEME),
        ("file:///etc/passwd", Why.SCHEME),
        ("gopher://127.0.0.1:6379/_x", Why.SCHEME),
        ("javascript://example.org/%0aalert(1)", Why.SCHEME),
        ("https://user:secret@example.org/", Why.CREDENTIALS),
        ("https://example.org@127.0.0.1/", Why.CREDENTIALS),
        ("https://@example.org/", Why.CREDENTIALS),
        ("https://example.org#@127.0.0.1/", Why.FRAGMENT),
        ("https://[v1.x]/", Why.HOST),
        ("https://[127.0.0.1]/", Why.HOST),
        ("https://[::ffff:7f.1]/", Why.HOST),
    ],
)
def test_an_odd_url_is_refused_saying_why(url: str, why: Why) -> None:
    assert refusal(url) is why


@pytest.mark.parametrize(
    "port", ["0", "1", "22", "25", "80", "444", "1023", "65536", "99999", "123456", "-1", "+443",
             "44 3", "x", "", "443:443"]
)  # fmt: skip
def test_a_port_of_another_service_is_refused(port: str) -> None:
    assert refusal(f"https://example.org:{port}/") in {Why.PORT, Why.TEXT}


def test_one_bad_address_among_good_ones_is_enough_to_refuse() -> None:
    assert refusal("https://example.org/", GOOD_4, GOOD_6, "127.0.0.1") is Why.INSIDE


@pytest.mark.parametrize("address", ["fe80::1%eth0", "2606:2800::1%1"])
def test_an_address_of_one_network_card_is_refused(address: str) -> None:
    assert refusal("https://example.org/", address) is Why.INSIDE
    assert refusal(f"https://[{address}]/") is Why.INSIDE
    assert refusal(f"https://[{address.replace('%', '%25')}]/") is Why.INSIDE


@pytest.mark.parametrize("error", [OSError("no such host"), UnicodeError("label too long")])
def test_a_name_that_cannot_be_found_is_refused(error: Exception) -> None:
    def fail(host: str, port: int) -> Iterable[str]:
        raise error

    with pytest.raises(AddressRefused, match="cannot be found"):
        destination_of("https://example.org/", fail)


@pytest.mark.parametrize("addresses", [[], [GOOD_4, "no address"]])
def test_an_answer_that_holds_no_address_is_refused(addresses: list[str]) -> None:
    with pytest.raises(AddressRefused, match="cannot be found"):
        destination_of("https://example.org/", lambda host, port: addresses)


def nat64(inner: IPv4Address) -> IPv6Address:
    return IPv6Address((0x64FF9B << 96) | int(inner))


def mapped(inner: IPv4Address) -> IPv6Address:
    return IPv6Address((0xFFFF << 32) | int(inner))


def sixtofour(inner: IPv4Address) -> IPv6Address:
    return IPv6Address((0x2002 << 112) | (int(inner) << 80) | 1)


def teredo_server(inner: IPv4Address) -> IPv6Address:
    client = int(IPv4Address(GOOD_4)) ^ 0xFFFFFFFF
    return IPv6Address((0x20010000 << 96) | (int(inner) << 64) | client)


def teredo_client(inner: IPv4Address) -> IPv6Address:
    server = int(IPv4Address(GOOD_4))
    return IPv6Address((0x20010000 << 96) | (server << 64) | (int(inner) ^ 0xFFFFFFFF))


WRAPPERS = [mapped, nat64, sixtofour, teredo_server, teredo_client]
inside_4 = st.sampled_from(INSIDE_4).flatmap(lambda net: st.ip_addresses(network=net))
inside_6 = st.sampled_from(INSIDE_6[:4] + INSIDE_6[5:]).flatmap(
    lambda net: st.ip_addresses(network=net)
)


@given(inside_4)
@example(IPv4Address("192.0.0.192"))
@example(IPv4Address("168.63.129.16"))
@example(IPv4Address("192.88.99.1"))
def test_no_address_of_a_private_or_special_network_is_let_through(address: IPv4Address) -> None:
    assert not is_public(address)


@given(inside_6)
@example(IPv6Address("::1"))
@example(IPv6Address("fd00:ec2::254"))
@example(IPv6Address("3fff::1"))
@example(IPv6Address("64:ff9b:1::5db8:d70e"))
def test_nor_one_of_the_newer_protocol(address: IPv6Address) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("wrap", WRAPPERS)
@given(inside_4)
def test_nor_one_that_is_wrapped_in_another(wrap: object, inner: IPv4Address) -> None:
    assert not is_public(wrap(inner))  # type: ignore[operator]


@pytest.mark.parametrize("wrap", [mapped, nat64, sixtofour])
def test_an_address_of_the_internet_may_be_wrapped(wrap: object) -> None:
    outer = wrap(IPv4Address(GOOD_4))  # type: ignore[operator]
    assert destination_of("https://example.org/", Names(str(outer))).address == outer


bits = st.integers(0, 2**128 - 1)
likely = st.builds(
    lambda prefix, rest: prefix << 96 | rest,
    st.sampled_from([0, 0x64FF9B, 0x64FF9B0001, 0x20010000, 0x20020000, 0xFF, 0x26062800]),
    st.integers(0, 2**96 - 1),
)


@given(st.one_of(bits, likely).map(lambda n: IPv6Address(n % 2**128)))
def test_whatever_is_let_through_leads_nowhere_else_when_it_is_unwrapped(
    address: IPv6Address,
) -> None:
    if not is_public(address):
        return
    number = int(address)
    inner = {
        0x64FF9B: [number & 0xFFFFFFFF],
        0x20010000: [number >> 64 & 0xFFFFFFFF, ~number & 0xFFFFFFFF],
    }.get(number >> 96, [])
    if number >> 112 == 0x2002:
        inner = [number >> 80 & 0xFFFFFFFF]
    if number >> 32 == 0xFFFF:
        inner = [number & 0xFFFFFFFF]
    assert inner or number >> 125 == 1
    assert not any(IPv4Address(n) in net for n in inner for net in INSIDE_4)
    assert not any(
        address in net for net in INSIDE_6 if net.network_address != ip_address("2001::")
    )


@given(st.text(max_size=60) | st.from_regex(r"https?://[^/]{1,40}/", fullmatch=True))
def test_no_text_breaks_it_and_none_leads_inside(url: str) -> None:
    try:
        found = destination_of(url, Names(GOOD_4))
    except AddressRefused:
        return
    assert is_public(found.address)
