"""Files that people write: YAML with the fields of a body, cards with front matter."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from cesai_client.errors import BadInput

FRONT_MATTER = re.compile(r"\A\ufeff?\s*---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.S | re.M)
SIZES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
COUNT = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?(?:e\+?[0-9]{1,2})?)\s*([kmbt]?)", re.IGNORECASE)


def read_text(name: str) -> str:
    """A file in UTF-8. Raises BadInput."""
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{name} is no text in UTF-8.") from None


def is_card(text: str) -> bool:
    """Whether it begins with front matter that ends, as a model card does."""
    return FRONT_MATTER.match(text) is not None


def front_matter(name: str, text: str) -> dict[str, Any]:
    """A card's facts. Raises BadInput."""
    found = FRONT_MATTER.match(text)
    return mapping(name, found[1]) if found else {}


def mapping(name: str, text: str) -> dict[str, Any]:
    """Fields with values, with days as the API writes them. Raises BadInput."""
    try:
        said = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        where = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BadInput(
            f"{name}{where}: this is no YAML: {error.problem or error.context}."
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise BadInput(f"{name}: this is no YAML: {error}.") from None
    if not isinstance(said, dict):
        raise BadInput(f"{name} must be fields with values, such as “name: Teuken 8B”.")
    return {str(key): _plain(value) for key, value in said.items()}


def whole_number(name: str, value: Any) -> Any:
    """7B, 1.5T or 7e9 as a whole number; what is no text is left for the portal to refuse."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        return value
    found = COUNT.fullmatch(value.strip())
    number = Decimal(found[1].replace("_", "")) * SIZES[found[2].lower()] if found else None
    if number is None or number != number.to_integral_value():
        raise BadInput(f"{name}: “{value}” is no whole number; write 7B, 350M or 7000000000.")
    return int(number)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_plain(inside) for inside in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value
