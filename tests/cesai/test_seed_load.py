"""`seed_load`: as many rows as asked for, which agree with each other and can be made again."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, Sum

from compute.models import Allocation, Balance, Cluster, Job, LedgerEntry, Pool
from projects.models import Group, Membership, Partner, Project, User
from registry.models import Derivation, Figure, Model, Version
from registry.models.walks import descendants
from tests.conftest import Caller, calls_as

SMALL = {"partners": 2, "projects": 7, "models": 30, "jobs": 25, "clusters": 3}


def _seed(**numbers: int) -> None:
    call_command("seed_load", verbosity=0, **{**SMALL, **numbers})


def _count(table: Any) -> int:
    count: int = table._default_manager.count()
    return count


def _somebody() -> Caller:
    """The lead of the first seeded group."""
    return calls_as(User.objects.get(username__endswith="-u0"))


def test_there_are_as_many_rows_of_each_kind_as_asked_for(db: None) -> None:
    _seed(derivations=41)

    wanted = {
        Partner: 2, Group: 20, User: 60, Membership: 60, Project: 7, Model: 30, Version: 30,
        Figure: 60, Derivation: 41, Cluster: 3, Pool: 3, Allocation: 7, Balance: 7, Job: 25,
        LedgerEntry: 7 + 2 * 25,
    }  # fmt: skip
    assert {table: _count(table) for table in wanted} == wanted


def test_one_partner_alone_is_enough(db: None) -> None:
    _seed(partners=1, projects=0, models=0, jobs=0, clusters=0)

    assert (_count(Partner), _count(Model), _count(Derivation), _count(Job)) == (1, 0, 0, 0)


def test_balances_are_the_sums_of_the_ledger(db: None) -> None:
    _seed()

    for balance in Balance.objects.all():
        entries = LedgerEntry.objects.filter(allocation=balance.allocation_id)
        sums = Counter[str]()
        for debit, credit, amount in entries.values_list("debit", "credit", "gpu_seconds"):
            sums.update({credit: amount})
            sums.subtract({debit: amount})
        assert sum(sums.values()) == 0
        assert {name: sums[name] for name in ("available", "reserved", "used")} == {
            "available": balance.available, "reserved": balance.reserved, "used": balance.used
        }  # fmt: skip
        assert -sums["issued"] == balance.allocation.gpu_seconds


def test_what_was_used_is_what_the_jobs_used(db: None) -> None:
    _seed()

    used = Job.objects.values_list("allocation").annotate(Sum("used_gpu_seconds"))
    assert dict(used) == dict(Balance.objects.values_list("allocation", "used"))


def test_a_job_runs_where_its_allocation_is(db: None) -> None:
    _seed()

    astray = Job.objects.exclude(
        cluster=F("allocation__pool__cluster"), project=F("allocation__project")
    )
    assert not astray.exists()


def test_no_cluster_is_connected(db: None) -> None:
    _seed()

    assert not Cluster.objects.connected().exists()


# The same again.


def _rows() -> list[Any]:
    """What a load wrote, without the times."""
    return [
        set(Partner.objects.values_list("pk", "slug")),
        set(Membership.objects.values_list("pk", "user", "group", "role")),
        set(Project.objects.values_list("pk", "slug", "lead_group", "visibility")),
        set(Model.objects.values_list("pk", "qualified", "parameters", "licence", "words")),
        set(Version.objects.values_list("pk", "model", "number", "source")),
        set(Derivation.objects.values_list("pk", "child", "parent", "kind")),
        set(Job.objects.values_list("pk", "allocation", "slurm_job_id", "submitted_by")),
        set(LedgerEntry.objects.values_list("id", "source_key", "gpu_seconds")),
    ]


def test_the_same_seed_gives_the_same_rows(transactional_db: None) -> None:
    _seed(seed=5)
    before = _rows()
    call_command("flush", interactive=False, verbosity=0)

    _seed(seed=5)

    assert _rows() == before


def test_another_seed_gives_other_rows_beside_them(db: None) -> None:
    _seed(seed=5)
    before = _rows()

    _seed(seed=6)

    assert all(
        old < new and len(new) == 2 * len(old) for old, new in zip(before, _rows(), strict=True)
    )


def test_the_same_seed_beside_its_own_rows_is_refused_and_nothing_is_written(db: None) -> None:
    _seed(seed=5)
    before = _rows()

    with pytest.raises(CommandError, match="rows of --seed 5 are here already"):
        _seed(seed=5)

    assert _rows() == before


# Models.


def test_a_large_family_descends_from_the_first_model_and_nothing_else_does(
    portal_admin: Caller,
) -> None:
    _seed(models=1200, jobs=0)
    root = Model.objects.order_by("created_at")[0].versions.get()

    graph = descendants(portal_admin.user, root.pk)

    assert len({edge.child for edge in graph.edges}) == 1000


@pytest.mark.parametrize(
    ("models", "derivations"),
    [(1200, 0), (1200, 999), (1200, 1200), (1200, 3001), (1002, 1001), (50, 50), (50, 1225)],
)
def test_there_are_exactly_as_many_derivations_as_asked_for_and_no_circle(
    db: None, models: int, derivations: int
) -> None:
    _seed(models=models, derivations=derivations, jobs=0)

    edges = list(Derivation.objects.values_list("child__model__name", "parent__model__name"))
    assert len(set(edges)) == len(edges) == derivations
    assert all(parent < child for child, parent in edges)  # names count up: nothing runs back


def test_without_a_number_there_are_as_many_derivations_as_models(db: None) -> None:
    _seed(models=1200, jobs=0)

    assert _count(Derivation) == 1200


def test_one_group_owns_three_tenths(db: None) -> None:
    _seed(models=1200, derivations=0, jobs=0)

    owners = Counter(Model.objects.values_list("group", flat=True)).most_common(2)
    assert 0.25 < owners[0][1] / 1200 < 0.4
    assert owners[1][1] / 1200 < 0.1


def test_each_model_is_called_by_partner_group_and_name(db: None) -> None:
    _seed()

    for model in Model.objects.select_related("group__partner"):
        group = model.group
        assert model.qualified == f"{group.partner.slug}.{group.slug}.{model.name}"


def test_the_columns_of_a_model_are_its_figures(db: None) -> None:
    _seed()

    figures = Figure.objects.values_list("model", "kind", "value")
    assert {(model, kind): value for model, kind, value in figures} == {
        (model.pk, kind): getattr(model, kind)
        for model in Model.objects.all() for kind in ("parameters", "tokens")
    }  # fmt: skip


def test_only_a_plan_has_no_number(db: None) -> None:
    _seed()

    numbered = Version.objects.exclude(number=None)
    assert set(numbered.values_list("model__state", flat=True)) == {"training", "released"}
    unnumbered = Version.objects.filter(number=None)
    assert set(unnumbered.values_list("model__state", flat=True)) == {"planned"}


# Somebody of them.


@pytest.mark.parametrize(
    "path", ["projects/", "models/", "jobs/", "clusters/", "ledger/", "allocations/", "versions/"]
)
def test_a_seeded_person_reads_the_lists(db: None, path: str) -> None:
    _seed()

    answer = _somebody().get(path)

    assert answer.status_code == 200
    assert answer.json()["results"]


def test_models_are_found_by_their_words(db: None) -> None:
    _seed()

    found = _somebody().get("models/?search=batch0").json()["results"]

    assert found


def test_a_stranger_to_its_group_sees_no_model_of_a_group_alone(stranger: Caller) -> None:
    _seed()

    seen = stranger.get("models/?page_size=100").json()["results"]

    assert {row["visibility"] for row in seen} == {"public", "partners"}


def test_nobody_logs_in_as_a_seeded_person(db: None) -> None:
    _seed()

    assert not any(user.has_usable_password() for user in User.objects.all())


# Numbers that cannot be.


@pytest.mark.parametrize(
    ("numbers", "option"),
    [
        ({"partners": 0}, "--partners must be between 1"),
        ({"projects": -1}, "--projects must be between 0"),
        ({"models": 20_000_001}, "--models must be between 0 and 20000000"),
        ({"models": -1, "derivations": 0}, "--models must be between 0"),
        ({"clusters": 0}, "--jobs must be between 0 and 0"),
        ({"projects": 0}, "--jobs must be between 0 and 0"),
        ({"derivations": -1}, "--derivations must be between 0"),
        ({"models": 30, "derivations": 436}, "--derivations must be between 0 and 435"),
        ({"models": 1, "derivations": 1}, "--derivations must be between 0 and 0"),
    ],
)
def test_a_number_that_cannot_be_is_refused(
    db: None, numbers: dict[str, int], option: str
) -> None:
    with pytest.raises(CommandError, match=option):
        _seed(**numbers)

    assert not Partner.objects.exists()


@pytest.mark.parametrize("word", ["x", "1.5", ""])
def test_what_is_no_number_is_refused(db: None, word: str) -> None:
    with pytest.raises(CommandError, match="invalid int value"):
        call_command("seed_load", "--models", word)
