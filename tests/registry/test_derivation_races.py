"""No circle, whoever is first: races over real connections, random graphs, and large ones."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter
from itertools import chain, pairwise

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.errors import Conflict
from registry.actions.constraints import broken_constraint
from registry.actions.lineage import Parent, link_parent
from registry.models import Dataset, DatasetDerivation, Derivation, Model, Version
from registry.models.walks import MOST
from tests import make
from tests.conftest import Caller

CONNECTIONS, TRIALS = 12, 500
Pair = tuple[Version, Version]


def new_versions(model: Model, count: int) -> list[Version]:
    """Committed versions, many at once."""
    first = (model.versions.aggregate(most=Max("number"))["most"] or 0) + 1
    return Version.objects.bulk_create(
        Version(model=model, number=first + n, source=f"s3://{n}") for n in range(count)
    )


def draw_all(edges: Sequence[Pair]) -> list[bool]:
    """One thread with a connection of its own; which of the edges were taken."""
    try:
        return [draw(child, parent) for child, parent in edges]
    finally:
        connection.close()


def draw(child: Version, parent: Version) -> bool:
    by = child.model.created_by
    try:
        link_parent(by=by, child=child, parent=Parent(parent, "", "merge"), now=make.now())
    except Conflict:
        return False
    return True


def race(edges: Sequence[Pair]) -> list[bool]:
    """All edges over so many connections at once; the two of a pair lie in different threads."""
    shares = [edges[n::CONNECTIONS] for n in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        return list(chain.from_iterable(threads.map(draw_all, shares)))


def is_acyclic() -> bool:
    """Whether the edges of all versions have an order; raises CycleError if not."""
    above: dict[uuid.UUID, set[uuid.UUID]] = {}
    edges = Derivation.objects.filter(parent__isnull=False).values_list("child", "parent")
    for child, parent in edges:
        above.setdefault(child, set()).add(parent)
    return bool(list(TopologicalSorter(above).static_order())) or not above


@pytest.fixture
def model(transactional_db: None) -> Model:
    return make.make_model()


@pytest.mark.django_db(transaction=True)
def test_of_an_edge_and_its_opposite_at_once_exactly_one_is_kept(
    model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = new_versions(model, 2 * TRIALS)
    pairs = list(zip(rows[::2], rows[1::2], strict=True))
    began = time.perf_counter()

    # Side by side, so that neighbours in the list are taken up by two connections at one time.
    taken = race(list(chain.from_iterable(((a, b), (b, a)) for a, b in pairs)))

    with capsys.disabled():
        print(f"\n{TRIALS} races of two opposite edges: {time.perf_counter() - began:.1f} s")
    kept = Derivation.objects.values_list("child", "parent")
    assert sum(taken) == len(kept) == TRIALS
    assert {frozenset(edge) for edge in kept} == {frozenset((a.pk, b.pk)) for a, b in pairs}


@pytest.mark.django_db(transaction=True)
def test_a_ring_drawn_at_once_stays_open(model: Model) -> None:
    for _ in range(10):
        ring = new_versions(model, CONNECTIONS)
        taken = race(list(zip(ring, [*ring[1:], ring[0]], strict=True)))

        assert sum(taken) == CONNECTIONS - 1
    assert is_acyclic()


@pytest.mark.django_db(transaction=True)
def test_any_edges_drawn_at_once_leave_no_circle(model: Model) -> None:
    chance = random.Random(7)
    rows = new_versions(model, 12)
    edges = [tuple(chance.sample(rows, 2)) for _ in range(120)]

    race(edges)  # type: ignore[arg-type]

    assert is_acyclic()


@pytest.mark.django_db(transaction=True)
def test_the_same_edge_at_once_is_kept_once(model: Model) -> None:
    child, parent = new_versions(model, 2)

    assert sum(race([(child, parent)] * CONNECTIONS)) == 1


@pytest.mark.django_db(transaction=True)
def test_opposite_edges_of_datasets_at_once_leave_one(transactional_db: None) -> None:
    group = make.make_group()
    pairs = [(make.make_dataset(group), make.make_dataset(group)) for _ in range(20)]

    def derive(ends: tuple[Dataset, Dataset]) -> bool:
        try:
            DatasetDerivation.objects.create(child=ends[0], parent=ends[1])
        except IntegrityError as error:
            return broken_constraint(error) != "dataset_acyclic"
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        both = chain.from_iterable(((a, b), (b, a)) for a, b in pairs)
        assert sum(threads.map(derive, both)) == len(pairs)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(edges=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30))
def test_edge_by_edge_a_graph_never_has_a_circle(db: None, edges: list[tuple[int, int]]) -> None:
    with transaction.atomic():
        rows = new_versions(make.make_model(), 8)
        above: dict[int, set[int]] = {n: set() for n in range(8)}
        for child, parent in edges:
            closes = child == parent or child in _reached(parent, above)
            is_twice = parent in above[child]

            taken = draw(rows[child], rows[parent])

            assert taken == (not closes and not is_twice)
            if taken:
                above[child].add(parent)
        assert is_acyclic()
        transaction.set_rollback(True)


def _reached(node: int, above: dict[int, set[int]]) -> set[int]:
    found, row = {node}, [node]
    while row:
        row = [up for here in row for up in above[here] if up not in found]
        found.update(row)
    return found


def test_moving_an_edge_cannot_close_a_circle_either(db: None) -> None:
    a, b, c = new_versions(make.make_model(), 3)
    make.make_edge(a, b)
    edge = make.make_edge(b, c)

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Derivation.objects.filter(pk=edge.pk).update(parent=a)
    assert broken_constraint(refused.value) == "derivation_acyclic"


def test_many_edges_in_one_statement_cannot_close_a_circle_either(db: None) -> None:
    a, b = new_versions(make.make_model(), 2)
    edges = [Derivation(child=a, parent=b), Derivation(child=b, parent=a)]

    with pytest.raises(IntegrityError), transaction.atomic():
        Derivation.objects.bulk_create(edges)


@pytest.fixture
def timed(capsys: pytest.CaptureFixture[str]) -> Callable[[str, float], None]:
    """Tells how long a walk took; told and not held to."""

    def tell(what: str, began: float) -> None:
        with capsys.disabled():
            print(f"\n{what}: {(time.perf_counter() - began) * 1000:.0f} ms")

    return tell


def make_chain(length: int) -> tuple[Model, Model]:
    """The youngest and the oldest of so many edges in a line."""
    project = make.make_project()
    young, middle, old = (make.make_model(project, visibility="public") for _ in range(3))
    line = [young.versions.get(), *new_versions(middle, length - 1), old.versions.get()]
    # Oldest edge first, so that no look-up of a circle has anything to walk.
    pairs = list(pairwise(line))
    Derivation.objects.bulk_create(Derivation(child=a, parent=b) for a, b in reversed(pairs))
    analyze()
    return young, old


def analyze() -> None:
    """What the server does by itself a minute after many rows were written."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registry_derivation, registry_version, registry_model")


@pytest.mark.parametrize(("length", "is_truncated"), [(MOST, False), (MOST + 1, True)])
def test_a_chain_of_ten_thousand_edges_is_walked_and_says_if_it_is_longer(
    member: Caller, length: int, is_truncated: bool, timed: Callable[[str, float], None]
) -> None:
    young, old = make_chain(length)

    for model, question in (
        (young, "lineage/"),
        (old, "lineage/?direction=descendants"),
        (old, "affected/"),
    ):
        began = time.perf_counter()
        graph = member.get(f"models/{model.pk}/{question}").json()
        timed(f"{question} of a chain of {length}", began)

        assert (len(graph["edges"]), graph["truncated"]) == (MOST, is_truncated)


def test_the_depth_of_the_last_of_a_long_chain_is_its_length(member: Caller) -> None:
    young, old = make_chain(3000)

    nodes = member.get(f"models/{young.pk}/lineage/").json()["nodes"]

    assert {node["depth"] for node in nodes if node["model"] == str(old.pk)} == {3000}


@pytest.mark.parametrize("question", ["lineage/?direction=descendants", "affected/"])
def test_a_node_with_five_thousand_children_is_walked(
    member: Caller, question: str, timed: Callable[[str, float], None]
) -> None:
    project = make.make_project()
    base, many = (make.make_model(project, visibility="public") for _ in range(2))
    root = base.versions.get()
    children = new_versions(many, 5000)
    Derivation.objects.bulk_create(Derivation(child=row, parent=root) for row in children)
    analyze()

    began = time.perf_counter()
    graph = member.get(f"models/{base.pk}/{question}").json()
    timed(f"{question} of 5000 children", began)

    assert (len(graph["nodes"]), graph["truncated"]) == (5000, False)
