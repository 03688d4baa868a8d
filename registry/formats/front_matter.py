"""The YAML block at the head of a model card: read with care, and written as it came."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from datetime import date, datetime
from typing import Any

import yaml
from django.utils.translation import gettext_lazy as _

from projects.errors import Invalid

MOST_CARD = 512 * 1024  # characters
MOST_HEAD = 64 * 1024
MOST_DEPTH = 24
HEAD = re.compile(
    r"\A\ufeff?\s*---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE
)
PLAIN_TAGS = {None, "!", "tag:yaml.org,2002:str"}
READERS: dict[str, Any] = {
    "@time": datetime.fromisoformat,
    "@date": date.fromisoformat,
    "@float": float,
}
MOST_INT = 10**300
MOST_EXACT = 1e16  # the database writes floats out, and without an exponent these look like ints
UNHEARD_OF = re.compile(r"[\0\ud800-\udfff]")


def split_card(text: str) -> tuple[dict[str, Any], str]:
    """A card's front matter and its Markdown. Raises Invalid with a sentence on what is wrong.

    The front matter comes back as plain JSON: days and odd numbers as {"@date": …} and the like,
    keys that begin with “@” with a second one, and under "@keys" the order of the keys.
    """
    if len(text) > MOST_CARD:
        raise _wrong(
            _("The card is longer than 512 KiB. Keep tables and logs in files of their own.")
        )
    if "\0" in text:
        raise _wrong(_("The card holds a NUL character; it is no text."))
    found = HEAD.match(text)
    if found is None:
        return {}, text
    head = found[1]
    if len(head) > MOST_HEAD:
        raise _wrong(_("The front matter is longer than 64 KiB."))
    try:
        data = yaml.load(head, Loader=_CarefulLoader)  # noqa: S506 (a SafeLoader that allows less)
    except (yaml.YAMLError, ValueError) as error:
        above = text.count("\n", 0, found.start(1))
        raise _wrong(
            _("The front matter is no YAML: %(why)s") % {"why": _where(error, above)}
        ) from error
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise _wrong(
            _("The front matter must be a list of keys with values, such as “license: mit”.")
        )
    plain: dict[str, Any] = pack(data)
    return plain, text[found.end() :]


def join_card(meta: dict[str, Any], body: str) -> str:
    """A card's text from its front matter (as split_card gave it) and its Markdown."""
    if not meta:
        return body
    head = yaml.dump(
        _unpack(meta), Dumper=_CarefulDumper, allow_unicode=True, sort_keys=False, width=2**31
    )
    return f"---\n{head}---\n{body}"


class _CarefulLoader(yaml.SafeLoader):
    """Plain values only: no alias (a few lines of them unfold to gigabytes), no key twice."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "write it out instead of “*alias”", mark)
        self.depth += 1
        if self.depth > MOST_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "nested more than 24 levels deep", mark)
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if event.tag not in PLAIN_TAGS:
            raise yaml.composer.ComposerError(
                None, None, f"write the value without the tag “{event.tag:.60}”", event.start_mark
            )
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, int) and not -MOST_INT < value < MOST_INT:
                raise OverflowError("it is too large")
            if isinstance(value, float) and math.isinf(value) and "inf" not in node.value.lower():
                raise OverflowError("it is too large")
        except (ValueError, OverflowError) as error:
            raise yaml.constructor.ConstructorError(
                None, None, f"“{node.value:.40}” does not exist: {error}", node.start_mark
            ) from error
        return value

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _value in node.value:
            key = key_node.value
            if not isinstance(key, str) or key_node.tag == "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a word", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"“{key}” stands there twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


class _CarefulDumper(yaml.SafeDumper):
    """Writes U+0085 escaped: left as it is, readers take it for the end of a line."""


def _as_written(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if "\x85" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_CarefulDumper.add_representer(str, _as_written)


def _where(error: Exception, above: int) -> str:
    problem = getattr(error, "problem", None) or str(error).split("\n", maxsplit=1)[0]
    mark = getattr(error, "problem_mark", None)
    return f"{problem} (line {mark.line + 1 + above})" if mark else f"{problem}"


def pack(value: Any) -> Any:
    """As plain JSON. Raises Invalid for what a card cannot hold."""
    if isinstance(value, dict):
        plain = {_key(key): pack(inner) for key, inner in value.items()}
        return {**plain, "@keys": list(plain)} if len(plain) > 1 else plain
    if isinstance(value, list):
        return [pack(inner) for inner in value]
    if isinstance(value, datetime):
        return {"@time": value.isoformat()}
    if isinstance(value, date):
        return {"@date": value.isoformat()}
    if isinstance(value, float) and not abs(value) < MOST_EXACT:
        return {"@float": str(value)}
    if isinstance(value, str) and UNHEARD_OF.search(value):
        raise _wrong(_("The front matter holds a character that no text can hold, such as NUL."))
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise _wrong(
        _("The front matter holds a value of kind “%(kind)s”; write it as text.")
        % {"kind": type(value).__name__}
    )


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise _wrong(
            _("The key “%(key)s” of the front matter is no text; put it into quotes.")
            % {"key": key}
        )
    pack(key)
    return f"@{key}" if key.startswith("@") else key


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpack(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    for kind, read in READERS.items():
        if kind in value:
            return read(value[kind])
    keys = dict.fromkeys([*value.get("@keys", ()), *value])
    return {
        key.removeprefix("@"): _unpack(value[key])
        for key in keys
        if key in value and key != "@keys"
    }


def _wrong(sentence: Any) -> Invalid:
    return Invalid(sentence, fields={"card": [sentence]})
