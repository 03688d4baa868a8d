"""Many inputs against one ground: what is refused leaves it as it was, so it is built once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any


def each(
    names: str | tuple[str, ...], cases: Sequence[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As `pytest.mark.parametrize`, but in one test, which tells all the cases that fail."""
    wanted = (names,) if isinstance(names, str) else names

    def among(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def run(**fixtures: Any) -> None:
            failed: dict[str, AssertionError] = {}
            for case in cases:
                values = (case,) if isinstance(names, str) else case
                try:
                    test(**fixtures, **dict(zip(wanted, values, strict=True)))
                except AssertionError as error:
                    failed[ascii(case)[:60]] = error
            if failed:
                told = "\n".join(f"{case}: {error}" for case, error in failed.items())
                raise AssertionError(told) from next(iter(failed.values()))

        known = inspect.signature(test)
        rest = [value for name, value in known.parameters.items() if name not in wanted]
        run.__signature__ = known.replace(parameters=rest)  # type: ignore[attr-defined]
        return run

    return among
