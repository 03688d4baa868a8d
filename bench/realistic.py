"""The realistic size: what `seed_load` writes, and around it all else that pages show, by SQL."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any, LiteralString

from bench.measure import tell

SHARE = float(os.environ.get("CESAI_BENCH_SHARE", "1"))  # a hundredth shows whether it runs


@dataclass(frozen=True, slots=True)
class Size:
    """How many there are; partners bring ten groups each, groups three people each."""

    partners: int
    clusters: int
    projects: int
    models: int
    derivations: int
    jobs: int
    entries: int

    @classmethod
    def of(cls, share: float) -> Size:
        """The realistic size, or a part of it."""
        full = {"partners": 60, "clusters": 50, "projects": 2_000, "models": 100_000,
                "derivations": 1_000_000, "jobs": 1_000_000, "entries": 10_000_000}  # fmt: skip
        return cls(**{name: max(int(number * share), 2) for name, number in full.items()})


def seed() -> None:
    """Write it all into the empty database of the settings."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from cesai.catalogue.counts import Counts  # noqa: PLC0415
    from cesai.catalogue.initiatives import load_initiatives  # noqa: PLC0415
    from cesai.catalogue.reading import SHIPPED, read_records  # noqa: PLC0415
    from registry.actions.comparing import count_words  # noqa: PLC0415

    load_initiatives(read_records(SHIPPED["initiatives"]), Counts(), now=timezone.now())
    size, began = Size.of(SHARE), time.perf_counter()
    call_command("seed_load", partners=size.partners, projects=size.projects, models=size.models,
                 derivations=size.derivations, clusters=size.clusters, jobs=size.jobs,
                 verbosity=0)  # fmt: skip
    seeded = time.perf_counter()
    surround(size)
    count_words()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT count(*) FROM compute_ledgerentry")
        [entries] = cursor.fetchone() or [0]
    tell("realistic size", partners=size.partners, groups=size.partners * 10,
         people=size.partners * 30, clusters=size.clusters, projects=size.projects,
         models=size.models, derivations=size.derivations, jobs=size.jobs, entries=entries,
         seed_load_seconds=seeded - began,
         all_else_seconds=time.perf_counter() - seeded)  # fmt: skip


def surround(size: Size) -> None:
    """Decisions, talk and notices around what `seed_load` wrote; the ledger at its full length."""
    from django.db import connection  # noqa: PLC0415

    lengths: dict[str, Any] = {"more": max(size.entries - 2 * size.jobs - size.projects, 0)}
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, lengths)


# Dice that fall alike each time: `n` of a row is its place among all of its kind.
STATEMENTS: tuple[LiteralString, ...] = (
    # One allocation of the large group has a tenth of all jobs, each allocation one that runs.
    """
    WITH big AS (SELECT id, project_id, pool_id FROM compute_allocation
                 WHERE slurm_account LIKE '%%-a0' LIMIT 1),
    moved AS (
        UPDATE compute_job SET allocation_id = big.id, project_id = big.project_id,
            cluster_id = (SELECT cluster_id FROM compute_pool WHERE id = big.pool_id)
        FROM big WHERE hashtext(compute_job.id::text) %% 10 = 0 RETURNING compute_job.id
    )
    UPDATE compute_usagerecord SET allocation_id = big.id FROM big, moved
    WHERE compute_usagerecord.job_id = moved.id
    """,
    """
    UPDATE compute_job SET state = 'running', ended_at = NULL, used_gpu_seconds = NULL,
        settled_at = NULL, sent_at = submitted_at, observed_at = now()
    WHERE id IN (SELECT DISTINCT ON (allocation_id) id FROM compute_job
                 ORDER BY allocation_id, submitted_at DESC)
    """,
    # Reservations that came back whole, three in ten of them of the one large allocation. Their
    # keys follow one another: unique indexes beyond the memory would take most of the time.
    """
    INSERT INTO compute_ledgerentry
        (id, allocation_id, kind, debit, credit, gpu_seconds, source_key, at)
    SELECT ('b0000000-0000-4000-800' || side.place || '-' || lpad(to_hex(n), 12, '0'))::uuid,
        row.id, side.kind, side.debit, side.credit, 60,
        'bench:' || side.kind || lpad(n::text, 9, '0'), now() - n * interval '2 seconds'
    FROM (SELECT n, CASE WHEN n %% 10 < 3 THEN 0
              ELSE n %% (SELECT count(*) FROM compute_allocation) END AS place
          FROM generate_series(1, %(more)s / 2) n) dice
    JOIN (SELECT id, row_number() OVER (ORDER BY length(slurm_account), slurm_account) - 1 AS place
          FROM compute_allocation) row USING (place)
    CROSS JOIN (VALUES ('reserve', 'available', 'reserved', 0),
        ('release', 'reserved', 'available', 1)) side(kind, debit, credit, place)
    """,
    "UPDATE compute_pool SET h100_weight = 1, gpu_watts = 700",
    "UPDATE compute_cluster SET connection = 'run', limit_mode = 'apply', usage_decay = 'none'"
    " WHERE hashtext(slug) %% 5 <> 0",
    "UPDATE compute_clusterhealth SET is_up = true, checked_at = now(), answered_at = now(),"
    " followed_at = now()",
    """
    INSERT INTO compute_capacitymonth (id, pool_id, month, offered, granted, reserved)
    SELECT gen_random_uuid(), pool.id, month::date, 512 * 720 * 3600::bigint,
        256 * 720 * 3600::bigint, 60 * 3600
    FROM compute_pool pool, generate_series(date_trunc('month', now() - interval '12 months'),
        now() + interval '60 months', interval '1 month') month
    """,
    """
    INSERT INTO compute_reserve (id, pool_id, month, partner_id, "left")
    SELECT gen_random_uuid(), capacity.pool_id, capacity.month, partner.id, 3600
    FROM compute_capacitymonth capacity
    CROSS JOIN (SELECT id, row_number() OVER (ORDER BY id) n FROM projects_partner) partner
    WHERE partner.n <= 5 AND capacity.month > now()
    """,
    """
    INSERT INTO projects_participation (project_id, group_id, created_at)
    SELECT project.id, team.id, now() FROM projects_project project
    CROSS JOIN LATERAL (SELECT id FROM projects_group WHERE id <> project.lead_group_id
        ORDER BY hashtext(projects_group.id::text || project.slug) LIMIT 2) team
    """,
    # A model belongs to a project of its group, if that has one.
    """
    UPDATE registry_model model SET project_id = project.id
    FROM (SELECT id, lead_group_id, row_number() OVER (PARTITION BY lead_group_id ORDER BY id) n,
            count(*) OVER (PARTITION BY lead_group_id) many FROM projects_project) project
    WHERE project.lead_group_id = model.group_id
        AND project.n = 1 + abs(hashtext(model.name)) %% project.many
    """,
    """
    INSERT INTO compute_request (id, project_id, model_id, kind, purpose, justification,
        why_not_reasons, why_not_text, state, created_by_id, created_at, submitted_at, due_at,
        awarded_beside, exception_reason, decision_reason, compared_at)
    SELECT gen_random_uuid(), project.id, model.id, 'new',
        CASE WHEN model.id IS NULL THEN 'evaluation' ELSE 'training' END,
        repeat('We need them. ', 40), '{method}', 'Because.',
        (ARRAY['awarded', 'awarded', 'awarded', 'submitted', 'denied', 'draft'])[n],
        project.created_by_id, now() - n * interval '20 days', now() - n * interval '19 days',
        now() + n * interval '3 days', '', '', '', now()
    FROM projects_project project CROSS JOIN generate_series(1, 6) n
    LEFT JOIN LATERAL (SELECT id FROM registry_model WHERE project_id = project.id
        AND n %% 2 = 0 ORDER BY created_at DESC, id DESC LIMIT 1) model ON true
    """,
    """
    INSERT INTO compute_requestline (id, request_id, pool_id, start, "end", gpu_seconds, position)
    SELECT gen_random_uuid(), request.id, pool.id, (now() + n * interval '30 days')::date,
        (now() + (n + 6) * interval '30 days')::date, 3600000, n
    FROM compute_request request CROSS JOIN generate_series(0, 1) n
    JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () many
          FROM compute_pool) pool
        ON pool.place = abs(hashtext(request.id::text) %% pool.many + n) %% pool.many
    """,
    """
    INSERT INTO compute_requestmessage (id, request_id, by_id, text, at)
    SELECT gen_random_uuid(), id, created_by_id, repeat('Why? ', 20), created_at
    FROM compute_request CROSS JOIN generate_series(1, 5)
    """,
    """
    INSERT INTO compute_externalgrant (id, project_id, pool_id, board, reference, decided_on,
        decision, amount, conversion, gpu_seconds, start, "end", slurm_account, registered_by_id,
        registered_at, state, remark)
    SELECT gen_random_uuid(), row.project_id, row.pool_id, 'NHR', row.slurm_account, now()::date,
        '', '1 Mcore-h', '÷ 12', 3600000, row.start, row."end", '', project.created_by_id, now(),
        (ARRAY['registered', 'confirmed', 'declined'])[1 + abs(hashtext(row.slurm_account)) %% 3],
        ''
    FROM compute_allocation row JOIN projects_project project ON project.id = row.project_id
    WHERE hashtext(row.slurm_account) %% 4 = 0
    """,
    """
    INSERT INTO compute_jobtemplate (id, name, purpose, description, group_id, created_at)
    SELECT gen_random_uuid(), 'Template ' || n, 'other', '', team.id, now()
    FROM projects_group team CROSS JOIN generate_series(1, 3) n
    """,
    """
    INSERT INTO compute_templateversion (template_id, number, script, gpus, nodes, minutes,
        environment, locked, note, created_by_id, created_at)
    SELECT template.id, n, E'#!/bin/sh\\ntrue\\n', 1, 1, 60, '{}', '{}', '', person.id, now()
    FROM compute_jobtemplate template CROSS JOIN generate_series(1, 5) n
    CROSS JOIN LATERAL (SELECT id FROM projects_user LIMIT 1) person
    """,
    """
    INSERT INTO compute_call (id, board, title, url, closes_on, text, as_of)
    SELECT gen_random_uuid(), 'Board ' || n %% 7, 'Call ' || n, '', now()::date + n - 50, '',
        now()::date FROM generate_series(1, 100) n
    """,
    """
    INSERT INTO compute_outage (cluster_id, began_at, ended_at, error)
    SELECT id, now() - n * interval '2 days', now() - n * interval '47 hours', 'No answer.'
    FROM compute_cluster CROSS JOIN generate_series(1, 40) n
    """,
    """
    INSERT INTO compute_accountingdifference (cluster_id, allocation_id, kind, month, slurm_job_id,
        submit_time, restarts, booked_gpu_seconds, said_gpu_seconds, found_at, last_seen_at)
    SELECT pool.cluster_id, row.id, 'amount', date_trunc('month', now())::date, n, n, 0, 0, 50,
        now(), now()
    FROM compute_pool pool CROSS JOIN LATERAL (SELECT id FROM compute_allocation
        WHERE pool_id = pool.id LIMIT 1) row CROSS JOIN generate_series(1, 500) n
    """,
    # What similar efforts there are: pairs of models that follow each other.
    """
    INSERT INTO registry_overlap (id, a_id, b_id, probability, kind, reasons, facts_alike,
        facts_told, stake_low, stake_high, urgency, found_by_a, found_by_b, is_live,
        is_confidential, is_settled, weights_version, found_at, assessed_at)
    SELECT gen_random_uuid(), least(one.id, other.id), greatest(one.id, other.id),
        0.5 + 0.5 * abs(hashtext(one.name)) / 2147483648.0,
        (ARRAY['duplicate', 'overlap', 'reuse_candidate', 'related'])[1 + one.n %% 4],
        '[{"feature": "text", "level": "like", "points": 1.5, "en": "alike", "de": "gleich"}]',
        5, 7, 3600000, 360000000, one.n %% 1000, true, true, one.n %% 3 <> 0, one.n %% 5 = 0,
        false, 'bench', now(), now()
    FROM (SELECT id, name, row_number() OVER (ORDER BY id) n FROM registry_model) one
    JOIN (SELECT id, row_number() OVER (ORDER BY id) n FROM registry_model) other
        ON other.n = one.n + 1
    """,
    """
    INSERT INTO registry_case (id, code, about, state, waiting_on, opened_at, opened_because,
        due_at, holds_until, outcome, outcome_reason, avoided_low, avoided_high)
    SELECT id, 'A-' || n, 'overlap', (ARRAY['open', 'contacted', 'decided', 'closed'])[1 + n %% 4],
        '', now() - n * interval '1 hour', '', now() + n * interval '1 hour', now(),
        CASE WHEN n %% 4 > 1 THEN 'reuse' ELSE '' END, '', 3600, 7200
    FROM (SELECT id, row_number() OVER (ORDER BY id) n FROM registry_overlap LIMIT 2000) row
    """,
    "INSERT INTO registry_case_overlaps (case_id, overlap_id) SELECT id, id FROM registry_case",
    """
    INSERT INTO registry_caseparty (id, case_id, model_id, group_id, invited_at, answer,
        answer_text, confirms_avoided)
    SELECT gen_random_uuid(), pair.id, model.id, model.group_id, now(), '', '', true
    FROM registry_case JOIN registry_overlap pair USING (id)
    JOIN registry_model model ON model.id IN (pair.a_id, pair.b_id)
    """,
    """
    INSERT INTO registry_casemessage (id, case_id, party_id, is_for_all, text, source, sender, at)
    SELECT gen_random_uuid(), case_id, id, true, repeat('Hello. ', 30), 'portal', '', now()
    FROM registry_caseparty CROSS JOIN generate_series(1, 10)
    """,
    """
    INSERT INTO registry_watch (id, owner_id, name, modality_out, languages, tasks, domains,
        created_at)
    SELECT gen_random_uuid(), id, 'German', '{text}', '{de}', '{}', '{}', now()
    FROM projects_user CROSS JOIN generate_series(1, 3)
    """,
    """
    INSERT INTO projects_joinrequest
        (id, project_id, group_id, text, asked_by_id, asked_at, answer)
    SELECT gen_random_uuid(), project.id, team.id, 'Us, too.', project.created_by_id, now(), ''
    FROM projects_project project CROSS JOIN LATERAL (
        SELECT id FROM projects_group WHERE id <> project.lead_group_id ORDER BY id LIMIT 3) team
    """,
    """
    INSERT INTO projects_event
        (id, at, actor_id, kind, object_type, object_id, project_id, reason, changes)
    SELECT gen_random_uuid(), now() - n * interval '1 hour', project.created_by_id,
        'update_project', 'project', project.id, project.id, '', '{}'
    FROM projects_project project CROSS JOIN generate_series(1, 250) n
    """,
    """
    INSERT INTO projects_notice (id, user_id, kind, params, path, at, delivery, read_at)
    SELECT gen_random_uuid(), person.id, 'allocation_lapses',
        '{"hours": 5, "project": "Ours", "pool": "North", "day": "2027-01-01"}', '/projects/',
        now() - n * interval '1 hour', 'digest', CASE WHEN n > 120 THEN now() END
    FROM projects_user person CROSS JOIN generate_series(1, 200) n
    """,
    """
    INSERT INTO projects_invitation (id, group_id, email, role, secret_sha256, invited_by_id,
        created_at, expires_at)
    SELECT gen_random_uuid(), team.id, 'x@example.org', 'guest', gen_random_uuid()::text,
        person.id, now(), now() + interval '1 day'
    FROM projects_group team CROSS JOIN generate_series(1, 2)
    CROSS JOIN LATERAL (SELECT user_id AS id FROM projects_membership
        WHERE group_id = team.id LIMIT 1) person
    """,
    # One model with two hundred versions, and figures of each.
    """
    INSERT INTO registry_version (id, model_id, number, source, run_id, run_link, description,
        tags, stage, created_at, updated_at)
    SELECT gen_random_uuid(), model.id, n, 's3://bench', '', '', '', '{}', 'None', now(), now()
    FROM (SELECT id FROM registry_model WHERE state = 'released'
          ORDER BY created_at DESC, id DESC LIMIT 1) model CROSS JOIN generate_series(2, 201) n
    """,
    """
    INSERT INTO registry_figure (id, model_id, version_id, kind, stage, value, source, confidence,
        as_of, note, recorded_at)
    SELECT gen_random_uuid(), model_id, id, 'parameters', 'actual', number, 'declared', '',
        now()::date, '', now() FROM registry_version WHERE number > 1
    """,
)
