"""Similar efforts among 100,000 models: how fast and how surely they are found."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import Any

import psycopg

from bench.measure import tell
from bench.registry import Site, reference_of, seeded_site
from bench.web import latency
from dev.postgres import Postgres

MODELS = 100_000
PLANTED = 300


def run(postgres: Postgres) -> None:
    """One plan in the database and over HTTP, planted near-duplicates, and the nightly round."""
    with seeded_site(postgres, "similar", models=MODELS, derivations=MODELS) as site:
        found = _inside(site, "count")
        tell("words counted", seconds=found["seconds"], words=found["words"])
        _one_plan(site)
        planted = _inside(site, "planted")
        tell(
            f"planted near-duplicates among {MODELS:,} models",
            found_in_first_20=planted["share"],
            goal=0.97,
            planted=PLANTED,
        )
        tell(
            "a comparison with and without a private plan nearby", **_inside(site, "confidential")
        )
        nightly = _inside(site, "nightly")
        tell(
            f"nightly round of {nightly['plans']:,} plans against {MODELS:,} models",
            seconds=nightly["seconds"],
            goal_seconds=120,
            ms_per_plan=nightly["seconds"] / nightly["plans"] * 1000,
        )


def _one_plan(site: Site) -> None:
    """In the database: the statements of one comparison alone; over HTTP: all of the call."""
    found = _inside(site, "database")
    client = site.client()
    times = [
        latency(client, f"/api/v1/models/{key}/overlaps/", calls=20) for key in found["models"]
    ]
    times.sort()
    raw = reference_of(site.dsn, _raw_words)
    tell(
        f"one plan against {MODELS:,} models",
        database_p50_ms=found["milliseconds"],
        goal_database_ms=10,
        candidates_p50=found["candidates"],
        http_p50_ms=times[len(times) // 2],
        goal_http_ms=25,
        reference="60 models by two rare words through full-text search, psycopg",
        reference_p50_ms=raw,
        ratio=found["milliseconds"] / raw,
    )


def _raw_words(connection: psycopg.Connection) -> object:
    batches = [random.randrange(MODELS // 200) for _ in range(2)]  # noqa: S311 (no secret)
    words = " | ".join(f"batch{batch}" for batch in batches)
    return connection.execute(
        "SELECT id, name FROM registry_model WHERE search @@ to_tsquery('simple', %s) LIMIT 60",
        [words],
    ).fetchall()


def _inside(site: Site, what: str) -> Any:
    """Run one part in a process of the portal's own settings."""
    environment = {
        **os.environ,
        "DATABASE_URL": site.dsn,
        "DJANGO_SETTINGS_MODULE": "cesai.settings",
    }
    command = [sys.executable, "-m", "bench.overlap_inside", what, f"{site.tag}-u0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])
