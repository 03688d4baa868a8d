"""The deployment with Compose: valid, the demonstration's commands, one door, no secret inside."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
import yaml

from cesai import env
from dev import places
from dev.demo import portal
from dev.postgres import Postgres
from tests.dev.conftest import needs_root

HERE = Path(__file__).parent / "compose"
COMPOSE: dict[str, Any] = yaml.safe_load((places.ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (places.ROOT / "Dockerfile").read_text()


def test_it_is_valid_by_the_specification_s_own_schema() -> None:
    schema = json.loads((HERE / "compose-spec.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(COMPOSE)


def test_the_schema_is_the_one_that_its_note_names() -> None:
    digest = hashlib.sha256((HERE / "compose-spec.json").read_bytes()).hexdigest()
    assert digest in (HERE / "README.md").read_text()


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("web", portal.WEB),
        ("worker", portal.WORKER),
        ("beat", portal.beat("/var/lib/portal/beat")),
        ("migrate", ("python", "manage.py", "migrate", "--noinput")),
    ],
)
def test_a_service_runs_what_the_demonstration_runs(name: str, command: tuple[str, ...]) -> None:
    assert SERVICES[name]["command"] == list(command)


def test_the_image_by_itself_is_the_web() -> None:
    assert f"CMD {json.dumps(list(portal.WEB))}" in DOCKERFILE


def test_only_the_proxy_publishes_ports() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert not [name for name, service in SERVICES.items() if "network_mode" in service]


def test_the_proxy_reaches_the_web_alone_and_is_no_address_for_metrics() -> None:
    shared = {
        name: set(service["networks"]) & {"front", "monitoring"}
        for name, service in SERVICES.items()
    }
    assert shared.pop("proxy") == {"front"}
    assert shared.pop("web") == {"front", "monitoring"}
    assert not any(shared.values())


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_file_of_a_secret_is_one_that_the_service_is_given(name: str) -> None:
    service = SERVICES[name]
    files = {v for k, v in service.get("environment", {}).items() if k.endswith("_FILE")}
    assert files == {f"/run/secrets/{secret}" for secret in service.get("secrets", ())}
    assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])


def test_no_secret_stands_in_the_file_itself() -> None:
    secret = re.compile(r"PASSWORD|SECRET|KEY|DATABASE_URL")
    named = {name for service in SERVICES.values() for name in service.get("environment", {})}
    assert all(name.endswith("_FILE") for name in named if secret.search(name))


def test_the_owner_s_log_in_is_known_to_migrations_backups_and_the_database_alone() -> None:
    owners = {"migrate_database_url", "owner_password"}
    holders = {name for name, s in SERVICES.items() if owners & set(s.get("secrets", ()))}
    assert holders == {"backup", "db", "migrate"}


def test_each_variable_for_the_portal_is_one_that_it_reads() -> None:
    code = "".join((env.ROOT / "cesai" / f"{n}.py").read_text() for n in ("settings", "gunicorn"))
    read = set(re.findall(r'"((?:CESAI_|DATABASE_|BROKER_)[A-Z_]+)"', code))
    given = {name for service in OURS.values() for name in service["environment"]}
    assert {name.removesuffix("_FILE") for name in given} <= read


def test_every_image_names_its_version() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(":" in image and not image.endswith(":latest") for image in images)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_comes_back_by_itself_but_what_is_run_once(name: str) -> None:
    assert SERVICES[name]["restart"] == (
        "no" if name in {"backup", "migrate"} else "unless-stopped"
    )


def test_there_is_one_timetable_and_any_number_of_webs_and_workers() -> None:
    assert SERVICES["beat"]["deploy"]["replicas"] == 1
    for name in ("web", "worker"):
        assert not {"container_name", "ports", "hostname"} & set(SERVICES[name])


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_what_serves_waits_for_database_broker_and_migrations(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {
        "db": {"condition": "service_healthy"},
        "redis": {"condition": "service_healthy"},
        "migrate": {"condition": "service_completed_successfully"},
    }


def test_each_service_is_watched_or_says_that_it_is_not() -> None:
    unwatched = {name for name, s in SERVICES.items() if s.get("healthcheck", {}).get("disable")}
    unnamed = {name for name, service in SERVICES.items() if "healthcheck" not in service}
    assert (unwatched, unnamed) == ({"backup", "migrate", "beat"}, {"web"})
    assert re.search(r'HEALTHCHECK .*\n +CMD \["python", "docker/healthy.py"\]', DOCKERFILE)


def test_every_volume_network_and_secret_is_declared_and_used() -> None:
    mounts = {m.split(":")[0] for s in SERVICES.values() for m in s.get("volumes", ())}
    assert {m for m in mounts if not m.startswith(".")} == set(COMPOSE["volumes"])
    assert {n for s in SERVICES.values() for n in s["networks"]} == set(COMPOSE["networks"])
    secrets = {n for s in SERVICES.values() for n in s.get("secrets", ())}
    assert secrets == set(COMPOSE["secrets"])
    for mount in mounts:
        assert not mount.startswith("./docker") or (places.ROOT / mount).is_file()


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users == ["portal"]
    assert DOCKERFILE.index("USER portal") > DOCKERFILE.rindex("\nRUN ")


def test_the_image_holds_what_was_locked_and_only_what_is_named() -> None:
    ignored = (places.ROOT / ".dockerignore").read_text().splitlines()
    assert "--require-hashes" in DOCKERFILE
    assert next(line for line in ignored if not line.startswith("#")) == "*"
    allowed = [line[1:] for line in ignored if line.startswith("!")]
    assert all((places.ROOT / name).exists() for name in allowed)
    assert not {"var", "secrets", "tls", ".env", ".git", "tests"} & set(allowed)


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A fresh set."""
    _make_secrets(tmp_path / "secrets")
    return tmp_path / "secrets"


def _make_secrets(directory: Path) -> None:
    subprocess.run([places.ROOT / "docker" / "make-secrets.sh", directory], check=True)


def test_the_script_makes_every_secret_that_is_declared(secrets: Path) -> None:
    assert {file.name for file in secrets.iterdir()} == set(COMPOSE["secrets"])
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert len({file.read_text() for file in secrets.iterdir()}) == len(COMPOSE["secrets"])


def test_the_script_keeps_what_is_there(secrets: Path) -> None:
    (secrets / "secret_key").unlink()
    before = {file.name: file.read_text() for file in secrets.iterdir()}
    _make_secrets(secrets)
    after = {file.name: file.read_text() for file in secrets.iterdir()}
    assert len(after.pop("secret_key")) >= 50
    assert before == after


def test_the_portal_starts_with_these_secrets_and_no_other_value(secrets: Path) -> None:
    given = {
        name: str(value).replace("/run/secrets", str(secrets))
        for name, value in SERVICES["migrate"]["environment"].items()
        if "$" not in str(value)
    }
    program = "import cesai.settings as s; print(s.MIGRATE_DATABASE['USER'], s.METRICS_ALLOW)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, env=given, cwd=places.ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "cesai_owner"), done.stderr


@needs_root
def test_the_roles_script_makes_an_owner_and_an_application_role(
    open_directory: Path, secrets: Path
) -> None:
    server = Postgres(open_directory / "pg", "nobody", for_tests=True)
    server.start()
    try:
        subprocess.run(
            [places.ROOT / "docker" / "roles.sh"],
            env={
                "PATH": f"{Path(server._program('psql')).parent}:/usr/bin:/bin",
                "PGHOST": str(server.directory),
                "OWNER_PASSWORD_FILE": str(secrets / "owner_password"),
                "APP_PASSWORD_FILE": str(secrets / "app_password"),
            },
            check=True,
        )
        with psycopg.connect(server.dsn("cesai_owner", "cesai")) as owner:
            owner.execute("CREATE TABLE thing (id serial, name text)")
            owner.execute("CREATE INDEX ON thing USING gin (name gin_trgm_ops)")
        with psycopg.connect(server.dsn("cesai_app", "cesai"), autocommit=True) as application:
            application.execute("INSERT INTO thing (name) VALUES ('x')")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("DROP TABLE thing")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("CREATE TABLE mine (id int)")
        with psycopg.connect(server.dsn("postgres", "postgres")) as connection:
            rows = connection.execute("SELECT rolname, rolpassword LIKE 'SCRAM%' FROM pg_authid")
            assert {("cesai_owner", True), ("cesai_app", True)} <= set(rows)
    finally:
        server.stop()
