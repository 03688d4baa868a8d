"""The shapes of the API as Python types for the client, written out of the portal's description.

`python -m dev.client_types` writes them; what is committed is what the description gives now.
"""

from __future__ import annotations

import keyword
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dev import nowhere, places

TARGET = places.ROOT / "clients" / "python" / "src" / "cesai_client" / "shapes.py"
PAGING = {"cursor", "page_size"}
NO_FILTERS = {*PAGING, "format", "after"}
HEAD = '''"""The shapes of the API, made from its description by `python -m dev.client_types`.

Answers hold every field; of bodies (`…Request`), what is NotRequired may be left out.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

'''
PLAIN = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
    "object": "dict[str, Any]",
    "array": "list[Any]",
}


def main() -> None:
    """Write the file anew."""
    os.environ.update(nowhere.SETTINGS)
    import django  # noqa: PLC0415 (its settings are only there now)

    django.setup()
    TARGET.write_text(shapes(described()))
    sys.stdout.write(f"{TARGET.relative_to(places.ROOT)}\n")


def described() -> dict[str, Any]:
    """The portal's description of its API."""
    from drf_spectacular.generators import SchemaGenerator  # noqa: PLC0415

    generator: Any = SchemaGenerator()
    schema: dict[str, Any] = generator.get_schema(request=None, public=True)
    return schema


def shapes(schema: Mapping[str, Any]) -> str:
    """A module of types, formatted as everything here."""
    parts = [
        *(
            _component(name, part)
            for name, part in sorted(schema["components"]["schemas"].items())
        ),
        *_filters(schema["paths"]),
    ]
    formatter = Path(sys.executable).parent / "ruff"
    done = subprocess.run(
        [formatter, "format", "--stdin-filename", TARGET, "-"],
        input=HEAD + "\n\n".join(parts) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _component(name: str, part: Mapping[str, Any]) -> str:
    if "properties" not in part:
        return f"{name} = {_type(part)}"
    required = part.get("required", ()) if _is_body(name) else part["properties"]
    fields = {
        field: _type(shape) if field in required else f"NotRequired[{_type(shape)}]"
        for field, shape in part["properties"].items()
    }
    return _typed_dict(name, fields)


def _is_body(name: str) -> bool:
    """What callers send may leave fields out; a problem too, for it names fields only at times."""
    return name.endswith("Request") or name == "Problem"


def _filters(paths: Mapping[str, Any]) -> Iterator[str]:
    """What a list can be asked for, by resource."""
    for path, operations in sorted(paths.items()):
        parts = path.strip("/").split("/")
        rows = operations.get("get", {}).get("parameters", ())
        names = {row["name"]: _type(row["schema"]) for row in rows if row["in"] == "query"}
        if len(parts) == 3 and names.keys() >= PAGING:
            noun = "".join(word.capitalize() for word in parts[2].split("-"))
            fields = {name: kind for name, kind in names.items() if name not in NO_FILTERS}
            yield _typed_dict(f"{noun}Filters", fields, total=False)


def _typed_dict(name: str, fields: Mapping[str, str], *, total: bool = True) -> str:
    """A class, or a call where a field's name is a word of the language."""
    if any(not field.isidentifier() or keyword.iskeyword(field) for field in fields):
        inside = ", ".join(f'"{field}": "{kind}"' for field, kind in fields.items())
        return f'{name} = TypedDict("{name}", {{{inside}}})'
    head = f"class {name}(TypedDict{'' if total else ', total=False'}):"
    body = "\n".join(f"    {field}: {kind}" for field, kind in fields.items()) or "    pass"
    return f"{head}\n{body}\n"


def _type(part: Any) -> str:
    if not isinstance(part, Mapping):
        return "Any"
    if "$ref" in part:
        return str(part["$ref"].rpartition("/")[2])
    if "enum" in part:
        return f"Literal[{', '.join(_quoted(value) for value in part['enum'])}]"
    for word in ("allOf", "oneOf", "anyOf"):
        if word in part:
            return " | ".join(dict.fromkeys(_type(one) for one in part[word]))
    kinds = part.get("type", ())
    found = [_plain(kind, part) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return " | ".join(sorted(found, key="None".__eq__)) or "Any"


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _plain(kind: str, part: Mapping[str, Any]) -> str:
    if kind == "array" and "items" in part:
        return f"list[{_type(part['items'])}]"
    if kind == "object" and isinstance(part.get("additionalProperties"), Mapping):
        return f"dict[str, {_type(part['additionalProperties'])}]"
    return PLAIN[kind]


if __name__ == "__main__":
    main()
