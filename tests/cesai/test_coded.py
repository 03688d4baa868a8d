"""Words between backticks are shown as what a machine reads, and nothing else is let through."""

from __future__ import annotations

import pytest

from projects.templatetags.pages import coded


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Name `id` and `url`.", "Name <code>id</code> and <code>url</code>."),
        ("plain", "plain"),
        ("", ""),
        ("a ` alone", "a ` alone"),
        ("`<b>` & {x}", "<code>&lt;b&gt;</code> &amp; {x}"),
    ],
)
def test_a_sentence_is_marked_up(said: str, shown: str) -> None:
    assert coded(said) == shown
