"""Backup and restore by their commands: what is kept, what is refused, what is never lost."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from tests.cesai.backups import address, drop_database, make_database, manage, query

SEED = ("--partners", 2, "--projects", 3, "--models", 20, "--jobs", 50, "--clusters", 1)
COUNTS = "SELECT (SELECT count(*) FROM compute_job), (SELECT count(*) FROM registry_model)"


@pytest.fixture(scope="module")
def source(django_db_setup: None) -> Iterator[str]:
    """A portal with something of everything."""
    name = make_database()
    for command in (("migrate",), ("seed_load", *SEED)):
        code, said = manage(name, *command)
        assert code == 0, said
    yield name
    drop_database(name)


@pytest.fixture(scope="module")
def backup(source: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("backups") / "first"
    code, said = manage(source, "backup", "--to", directory)
    assert code == 0, said
    return directory


@pytest.fixture
def empty() -> Iterator[str]:
    name = make_database()
    yield name
    drop_database(name)


@pytest.fixture
def copy(backup: Path, tmp_path: Path) -> Path:
    """One that a test may damage."""
    return Path(shutil.copytree(backup, tmp_path / "copy"))


def test_nobody_else_may_read_it(backup: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [backup, *backup.iterdir()]}
    assert modes == {backup.name: 0o700, "database.dump": 0o600, "manifest.json": 0o600}


def test_it_counts_and_hashes_every_table(backup: Path, source: str) -> None:
    tables = json.loads((backup / "manifest.json").read_text())["tables"]
    names = query(source, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert set(tables) == {name for (name,) in names}
    [(jobs, models)] = query(source, COUNTS)
    assert (tables["compute_job"]["rows"], tables["registry_model"]["rows"]) == (jobs, models)
    nothing = hashlib.sha256(b"").hexdigest()
    assert all((t["rows"] == 0) == (t["sha256"] == nothing) for t in tables.values())


def test_no_key_is_in_it(source: str, tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    directory = tmp_path / "sub" / "b"
    keys = {"CESAI_CREDENTIAL_KEYS": f"k7:{key}"}
    manage(source, "backup", "--to", directory, "--secrets", tmp_path / "keys.env", **keys)
    assert not [f for f in directory.iterdir() if key.encode() in f.read_bytes()]
    kept = tmp_path / "keys.env"
    assert f"CESAI_CREDENTIAL_KEYS=k7:{key}\n" in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_keys_do_not_go_into_the_backup(source: str, tmp_path: Path) -> None:
    code, said = manage(source, "backup", "--to", tmp_path / "b", "--secrets", tmp_path / "b/keys")
    assert (code, "whoever gets both" in said, (tmp_path / "b").exists()) == (1, True, False)


def test_it_never_writes_over_anything(source: str, backup: Path) -> None:
    code, said = manage(source, "backup", "--to", backup)
    assert (code, "is there already" in said) == (1, True)


def test_an_empty_database_gets_everything_back(backup: Path, source: str, empty: str) -> None:
    code, said = manage(empty, "restore", "--from", backup)
    assert code == 0, said
    assert "counts and hashes agree" in said
    assert query(empty, COUNTS) == query(source, COUNTS)


def test_rules_and_indexes_come_back_with_the_rows(backup: Path, source: str, empty: str) -> None:
    manage(empty, "restore", "--from", backup)
    for statement in (
        "SELECT conname, contype FROM pg_constraint ORDER BY 1, 2",
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    ):
        assert query(empty, statement) == query(source, statement)


def test_after_a_restore_the_next_row_gets_a_new_number(backup: Path, empty: str) -> None:
    manage(empty, "restore", "--from", backup)
    query(empty, "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())")
    [(newest, others)] = query(
        empty,
        "SELECT max(id) FILTER (WHERE app = 'a'), max(id) FILTER (WHERE app <> 'a')"
        " FROM django_migrations",
    )
    assert int(str(newest)) > int(str(others))


def test_what_is_not_empty_is_not_touched(backup: Path, source: str) -> None:
    before = query(source, COUNTS)
    code, said = manage(source, "restore", "--from", backup)
    assert (code, "is not empty" in said) == (1, True)
    assert query(source, COUNTS) == before


def test_replacing_first_keeps_what_was_there(backup: Path, empty: str, tmp_path: Path) -> None:
    manage(empty, "restore", "--from", backup)
    query(empty, "UPDATE compute_job SET name = 'since'")
    code, said = manage(empty, "restore", "--from", backup, "--replace", tmp_path / "kept")
    assert code == 0, said
    since = "SELECT count(*) FROM compute_job WHERE name = 'since'"
    assert query(empty, since) == [(0,)]
    manage(empty, "restore", "--from", tmp_path / "kept", "--replace", tmp_path / "again")
    assert query(empty, since) == [(50,)]


def test_a_dump_that_was_changed_is_refused_before_anything_happens(
    copy: Path, empty: str
) -> None:
    with (copy / "database.dump").open("r+b") as dump:
        dump.seek(2000)
        dump.write(b"x")
    code, said = manage(empty, "restore", "--from", copy)
    assert (code, "its SHA-256 differs" in said) == (1, True)
    assert query(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_half_a_backup_is_none(copy: Path, empty: str) -> None:
    (copy / "manifest.json").unlink()
    code, said = manage(empty, "restore", "--from", copy)
    assert (code, "is no whole backup" in said) == (1, True)


def test_rows_that_differ_from_the_manifest_are_named(copy: Path, empty: str) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["tables"]["compute_job"]["rows"] += 1
    manifest["tables"]["registry_model"]["sha256"] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(manifest))
    code, said = manage(empty, "restore", "--from", copy)
    assert code == 1
    assert "compute_job has 50 rows instead of 51" in said
    assert "registry_model has other values" in said


def test_a_backup_of_a_newer_release_is_refused(copy: Path, empty: str) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["migrations"].append(["compute", "9999_of_tomorrow"])
    (copy / "manifest.json").write_text(json.dumps(manifest))
    code, said = manage(empty, "restore", "--from", copy)
    assert (code, "from a newer release" in said) == (1, True)


def test_nobody_may_be_at_work_meanwhile(backup: Path, empty: str) -> None:
    with psycopg.connect(address(empty)):
        code, said = manage(empty, "restore", "--from", backup)
    assert (code, "Stop web, workers and timetable first" in said) == (1, True)


def test_a_missing_key_is_named(copy: Path, empty: str) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["credential_keys"] = ["k9"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    code, said = manage(empty, "restore", "--from", copy)
    assert (code, "CESAI_CREDENTIAL_KEYS lacks k9" in said) == (0, True)
