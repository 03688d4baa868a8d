"""The model registry over HTTP at several sizes, beside raw psycopg and orjson in the same run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import orjson
import psycopg

from bench.measure import insert_partner, percentile, tell, timed
from bench.web import Client, latency, rate, web
from dev.postgres import Postgres

FILTERS = Path(__file__).with_name("filters.json")
LIST = "/api/v1/models/?page_size=50"
MLFLOW = "/mlflow/api/2.0/mlflow"
SEARCH = f"{MLFLOW}/registered-models/search?max_results=50"


@dataclass(frozen=True, slots=True)
class Site:
    """A seeded portal that is being served."""

    port: int
    token: str
    dsn: str
    tag: str
    root: str

    def client(self) -> Client:
        return Client(self.port, self.token)


def run(postgres: Postgres) -> None:
    """Lists, filters, aliases and registrations at 1,000 and 50,000; lineage at 100,000 and 1M."""
    with seeded_site(postgres, "small", models=1_000, derivations=1_000) as small:
        at_small = dict(_filters(small))
    with seeded_site(postgres, "large", models=50_000, derivations=50_000) as large:
        _lists(large)
        for name, milliseconds in _filters(large):
            ratio = milliseconds / at_small[name]
            tell(f"filter: {name}", p50_ms=milliseconds, at_1k_ms=at_small[name],
                 ratio_to_1k=ratio, goal_ratio=1.3)  # fmt: skip
        _alias(large)
        _register(large)
    _descendants(postgres)


def _lists(site: Site) -> None:
    reference = reference_of(site.dsn, _raw_list)
    for name, path in (("list 50 of 50,000", LIST), ("MLflow search 50 of 50,000", SEARCH)):
        mine = latency(site.client(), path)
        tell(
            name,
            p50_ms=mine,
            goal_ms=4,
            per_second_at_8=rate(site.port, site.token, path),
            goal_per_second=400,
            reference="the same rows by psycopg and orjson, without HTTP",
            reference_p50_ms=reference,
            ratio=mine / reference,
        )


def _filters(site: Site) -> Iterator[tuple[str, float]]:
    client = site.client()
    for row in json.loads(FILTERS.read_text()):
        words = {key: text.format(tag=site.tag, root=site.root) for key, text in row.items()}
        if "api" in words:
            yield f"{row['name']} (API)", latency(client, f"{LIST}&{words['api']}")
        if "mlflow" in words:
            path = f"{SEARCH}&filter={quote(words['mlflow'])}"
            yield f"{row['name']} (MLflow)", latency(client, path)


def _alias(site: Site) -> None:
    client = site.client()
    name = f"{site.tag}-bench"
    body = orjson.dumps({"name": name})
    client.call(f"{MLFLOW}/registered-models/create", body, "POST")
    version = orjson.dumps({"name": name, "source": "s3://bench/1"})
    client.call(f"{MLFLOW}/model-versions/create", version, "POST")
    alias = orjson.dumps({"name": name, "alias": "champion", "version": "1"})
    client.call(f"{MLFLOW}/registered-models/alias", alias, "POST")
    path = f"{MLFLOW}/registered-models/alias?name={name}&alias=champion"
    reference = reference_of(site.dsn, lambda connection: _raw_alias(connection, name))
    mine = latency(client, path, calls=400)
    tell(
        "version by alias",
        p50_ms=mine,
        goal_ms=2,
        per_second_at_8=rate(site.port, site.token, path),
        goal_per_second=600,
        reference="the same row by psycopg and orjson, without HTTP",
        reference_p50_ms=reference,
        ratio=mine / reference,
    )


def _register(site: Site) -> None:
    client = site.client()
    group = json.loads(client.call("/api/v1/memberships/?page_size=1"))["results"][0]["group"]

    def register() -> None:
        body = {
            "name": f"bench-{uuid.uuid4()}",
            "group": group,
            "parameters": 9_000_000_000,
            "tokens": 4_000_000_000_000,
            "languages": ["de", "en"],
            "tasks": ["chat"],
            "modality_out": ["text"],
            "parents": [{"model": site.root, "kind": "finetune"}],
        }
        client.call(
            "/api/v1/models/", orjson.dumps(body), "POST", **{"Idempotency-Key": str(uuid.uuid4())}
        )

    for _ in range(20):
        register()
    mine = percentile([timed(register) for _ in range(200)], 0.5)
    reference = reference_of(site.dsn, _raw_register)
    tell(
        "register model, version, derivation, event",
        p50_ms=mine,
        goal_ms=12,
        reference="one durable transaction of four single-row inserts by psycopg, without HTTP",
        reference_p50_ms=reference,
        ratio=mine / reference,
    )


def _descendants(postgres: Postgres) -> None:
    times = {}
    for name, derivations in (("family", 100_000), ("crowd", 1_000_000)):
        with seeded_site(postgres, name, models=100_000, derivations=derivations) as site:
            path = f"/api/v1/models/{site.root}/lineage/?direction=descendants"
            found = json.loads(site.client().call(path))
            times[derivations] = latency(site.client(), path)
            tell(
                f"descendants at {derivations:,} derivations",
                nodes=len(found["nodes"]),
                p50_ms=times[derivations],
                goal_ms=8,
                queries=_queries(site),
                goal_queries=2,
                reference="the same walk by psycopg and orjson, without HTTP",
                reference_p50_ms=reference_of(site.dsn, partial(_raw_walk, root=site.root)),
            )
    tell("descendants: 1M to 100k", ratio=times[1_000_000] / times[100_000], goal_ratio=1.3)


def _queries(site: Site) -> int:
    """How many queries ask for the lineage, beside those that ask who is calling."""
    code = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "from django.test.utils import CaptureQueriesContext\n"
        "from projects.models import User\n"
        "from registry import access\n"
        "from registry.models.walks import descendants\n"
        f"user = User.objects.get(username='{site.tag}-u0'); user.standing\n"
        "with CaptureQueriesContext(connection) as seen:\n"
        f"    descendants(user, access.get_newest(user, '{site.root}'))\n"
        "print(len(seen))\n"
    )
    environment = {
        **os.environ,
        "DATABASE_URL": site.dsn,
        "DJANGO_SETTINGS_MODULE": "cesai.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@contextmanager
def seeded_site(
    postgres: Postgres,
    name: str,
    *,
    models: int,
    derivations: int,
    projects: int = 60,
    clusters: int = 0,
    role: str = "",
) -> Iterator[Site]:
    """Served to the lead of the largest group, or to somebody with a role of the portal."""
    database = f"bench_{name}"
    postgres.prepare(database)
    owner, app = postgres.dsn("cesai_owner", database), postgres.dsn("cesai_app", database)
    as_owner = {"DATABASE_URL": owner, "CESAI_MIGRATE_DATABASE_URL": owner}
    began = time.perf_counter()
    manage(as_owner, "migrate", "--verbosity", "0")
    manage(
        as_owner, "seed_load", "--partners", "6", "--projects", str(projects), "--jobs", "0",
        "--clusters", str(clusters), "--models", str(models), "--derivations", str(derivations),
    )  # fmt: skip
    tell(f"seeded {models:,} models, {derivations:,} derivations, {projects:,} projects",
         seconds=time.perf_counter() - began)  # fmt: skip
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        [tag] = connection.execute(
            "SELECT split_part(username, '-', 1) FROM projects_user LIMIT 1"
        ).fetchone()  # type: ignore[misc]
        root = _public_model(connection) if models else None
        user = f"{tag}-u100" if role else f"{tag}-u0"
        if role:
            connection.execute(
                "INSERT INTO projects_portalrole (user_id, role)"
                " SELECT id, %s FROM projects_user WHERE username = %s",
                [role, user],
            )
    as_app = {"DATABASE_URL": app, "CESAI_MIGRATE_DATABASE_URL": owner}
    token = manage(as_app, "create_token", "--user", user).strip()
    with web(as_app) as port:
        yield Site(port, token, app, tag, str(root))


def _public_model(connection: psycopg.Connection) -> object:
    """The oldest, for all to see."""
    [key] = connection.execute(
        "UPDATE registry_model SET visibility = 'public' WHERE id ="
        " (SELECT id FROM registry_model ORDER BY created_at LIMIT 1) RETURNING id"
    ).fetchone()  # type: ignore[misc]
    return key


def manage(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stderr[-2000:]}")
    return done.stdout


def reference_of(
    dsn: str, work: Callable[[psycopg.Connection], object], *, calls: int = 200
) -> float:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for _ in range(calls // 10):
            work(connection)
        return percentile([timed(lambda: work(connection)) for _ in range(calls)], 0.5)


def _raw_list(connection: psycopg.Connection) -> bytes:
    rows = connection.execute(
        "SELECT id, name, qualified, group_id, project_id, visibility, embargo_until, state,"
        " modality_in, modality_out, architecture, languages, domains, tasks, training_mode,"
        " parameters, active_parameters, tokens, datasets, licence, hub_id, intended_users,"
        " contact, description, created_at, confirmed_at, updated_at, window_start, window_end"
        " FROM registry_model WHERE visibility IN ('public', 'partners')"
        " ORDER BY created_at DESC, id DESC LIMIT 51"
    ).fetchall()
    return orjson.dumps(rows)


def _raw_alias(connection: psycopg.Connection, name: str) -> bytes:
    row = connection.execute(
        "SELECT version.id::text, version.number, version.source, version.tags, model.name"
        " FROM registry_alias alias JOIN registry_version version ON version.id = alias.version_id"
        " JOIN registry_model model ON model.id = version.model_id"
        " WHERE model.name = %s AND alias.name = 'champion'",
        [name],
    ).fetchone()
    return orjson.dumps(row)


def _raw_walk(connection: psycopg.Connection, root: str) -> bytes:
    rows = connection.execute(
        "WITH RECURSIVE reach(id) AS (SELECT id FROM registry_version WHERE model_id = %s"
        " UNION SELECT edge.child_id FROM reach JOIN registry_derivation edge"
        " ON edge.parent_id = reach.id)"
        " SELECT version.id, model.name FROM reach JOIN registry_version version USING (id)"
        " JOIN registry_model model ON model.id = version.model_id",
        [root],
    ).fetchall()
    return orjson.dumps(rows)


def _raw_register(connection: psycopg.Connection) -> None:
    with connection.transaction():
        for _ in range(4):
            insert_partner(connection)
