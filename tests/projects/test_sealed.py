"""Secrets at rest: named key, bound to row and column."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from projects.models import sealed
from projects.models.sealed import Unreadable, seal, unseal

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
ROW = uuid4()


@pytest.fixture
def keys(settings: Settings) -> Iterator[Settings]:
    """The ring may be changed by the test; nothing of it stays."""
    sealed._ciphers.cache_clear()
    yield settings
    sealed._ciphers.cache_clear()


def with_keys(settings: Settings, *pairs: tuple[str, str]) -> None:
    settings.CREDENTIAL_KEYS = pairs
    sealed._ciphers.cache_clear()


@given(secret=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_opens_and_does_not_show(secret: str) -> None:
    kept = seal(secret, row=ROW, column="token")
    assert unseal(kept, row=ROW, column="token") == secret
    assert len(secret) < 8 or secret not in kept


def test_the_same_secret_never_looks_the_same() -> None:
    assert seal("x", row=ROW, column="token") != seal("x", row=ROW, column="token")


def test_moved_to_another_row_it_does_not_open() -> None:
    with pytest.raises(Unreadable, match="another row"):
        unseal(seal("x", row=uuid4(), column="token"), row=ROW, column="token")


def test_moved_to_another_column_it_does_not_open() -> None:
    with pytest.raises(Unreadable, match="another row"):
        unseal(seal("x", row=ROW, column="note"), row=ROW, column="token")


@pytest.mark.parametrize("at", [5, 20, -5])
def test_one_changed_letter_and_it_does_not_open(at: int) -> None:
    kept = seal("x", row=ROW, column="token")
    letter = "A" if kept[at] != "A" else "B"
    broken = kept[:at] + letter + (kept[at + 1 :] if at != -1 else "")
    with pytest.raises(Unreadable):
        unseal(broken, row=ROW, column="token")


@pytest.mark.parametrize("kept", ["", ":", "k1", "k1:", "nonsense", "k9:gAAAA"])
def test_what_was_never_sealed_does_not_open(kept: str) -> None:
    with pytest.raises(Unreadable):
        unseal(kept, row=ROW, column="token")


def test_after_a_new_key_the_old_secrets_still_open(keys: Settings) -> None:
    with_keys(keys, ("old", OLD))
    kept = seal("x", row=ROW, column="token")
    with_keys(keys, ("new", NEW), ("old", OLD))
    assert unseal(kept, row=ROW, column="token") == "x"
    assert seal("x", row=ROW, column="token").startswith("new:")


def test_without_its_key_it_says_which_one_is_missing(keys: Settings) -> None:
    with_keys(keys, ("old", OLD))
    kept = seal("x", row=ROW, column="token")
    with_keys(keys, ("new", NEW))
    with pytest.raises(Unreadable, match="no key “old”"):
        unseal(kept, row=ROW, column="token")


def test_under_a_name_that_means_another_key_it_does_not_open(keys: Settings) -> None:
    with_keys(keys, ("k", OLD))
    kept = seal("x", row=ROW, column="token")
    with_keys(keys, ("k", NEW))
    with pytest.raises(Unreadable, match="does not open"):
        unseal(kept, row=ROW, column="token")
