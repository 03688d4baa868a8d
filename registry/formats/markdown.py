"""Markdown that somebody else wrote, as HTML that can do nothing."""

from __future__ import annotations

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# HTML in the text stays text; what Markdown itself makes is then held against a short list.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table"])
_TAGS = {
    *("a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre"),
    *("strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "del"),
}
_SCHEMES = {"https", "mailto"}
MOST = 64 * 1024  # characters; cards are a tenth of it


def as_safe_html(text: str) -> SafeString:
    """Headings begin at the third level, below the page's own; images are dropped.

    What is too long to be laid out in a second is shown as it is written.
    """
    if len(text) > MOST:
        return format_html("<pre>{}</pre>", text)
    html = _MARKDOWN.render(text)
    for level in (4, 3, 2, 1):
        html = html.replace(f"<h{level}>", f"<h{level + 2}>").replace(
            f"</h{level}>", f"</h{level + 2}>"
        )
    clean = nh3.clean(
        html,
        tags=_TAGS,
        # "*" stands for all tags, where the cleaner would leave titles and languages.
        attributes={"*": set(), "a": {"href"}, "th": {"scope"}},
        url_schemes=_SCHEMES,
        url_relative="deny",  # a card's own files are not here, and our pages are not its to name
        link_rel="noopener noreferrer nofollow ugc",
    )
    return mark_safe(clean)  # noqa: S308 (cleaned one line above)
