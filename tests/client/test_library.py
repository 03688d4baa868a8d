"""`Client`: pages, repeats, keys and refusals, with a network that is not always kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from cesai.idempotency import SECRET
from cesai_client import (
    BadInput,
    Client,
    Conflict,
    NotAllowed,
    NotLoggedIn,
    NotReachable,
    NotThere,
    Refused,
)
from cesai_client.profiles import Login
from cesai_client.retrying import LONGEST_WAIT, Retries, is_passing
from cesai_client.transport import WITHOUT_KEY, Transport, flat
from cesai_client.waiting import follow
from compute.models import Allocation, Job, Request
from projects.models import Group, Project
from tests import make
from tests.conftest import Caller
from tests.faults.proxy import Call, Fault, Proxy

SCRIPT = "#!/bin/sh\n#SBATCH --gpus=1 --time=5\ntrue\n"
QUICK = Retries(attempts=3, first=0.01)
MakeProxy = Callable[..., Proxy]


@pytest.fixture
def between(portal: str) -> Iterator[MakeProxy]:
    """Something between client and portal that does these things to the first calls."""
    made = []

    def make_proxy(*faults: Fault | None, method: str = "") -> Proxy:
        left = list(faults)

        def choose(call: Call) -> Fault | None:
            return left.pop(0) if left and method in {"", call.method} else None

        proxy = Proxy(int(portal.rpartition(":")[2]), choose)
        made.append(proxy)
        return proxy

    yield make_proxy
    for proxy in made:
        proxy.close()


def test_a_list_is_read_over_all_its_pages(client: Client, group: Group) -> None:
    own = [make.make_project(group).slug for _ in range(5)]

    rows = list(client.projects.rows(page_size=2))

    assert sorted(row["slug"] for row in rows) == sorted(own)
    assert len({row["id"] for row in rows}) == 5


def test_a_page_is_read_when_it_is_needed(client: Client, group: Group) -> None:
    make.make_project(group)
    rows = client.projects.rows(page_size=1)
    next(rows)
    make.make_project(group)

    assert len(list(rows)) == 0  # newest first: what came later stands before


def test_filters_leave_rows_out(client: Client, project: Project, group: Group) -> None:
    make.make_project(group)

    assert [row["slug"] for row in client.projects.list(slug="ours")] == ["ours"]


def test_a_member_of_a_list_is_got_by_id_or_slug(client: Client, project: Project) -> None:
    assert client.projects.get("ours") == client.projects.get(str(project.pk))


@pytest.mark.parametrize("key", ["../tokens", "a/b", "a?b=c", "a#b", "%2e"])
def test_a_key_stays_within_its_address(client: Client, key: str) -> None:
    with pytest.raises(NotThere):
        client.projects.get(key)


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_an_empty_key_is_no_list(client: Client, key: str) -> None:
    with pytest.raises(BadInput):
        client.projects.get(key)


def test_what_is_not_there_says_so(client: Client) -> None:
    with pytest.raises(NotThere) as refused:
        client.jobs.get(make.key())
    assert (refused.value.status, refused.value.title) == (404, "Not Found")
    assert "no such thing" in refused.value.detail


def test_a_refusal_names_fields(client: Client, allocation: Allocation) -> None:
    with pytest.raises(Refused) as refused:
        client.jobs.submit({"allocation": str(allocation.pk), "script": "#!/bin/sh\n"})
    assert refused.value.status == 400
    assert refused.value.errors == {"gpus": ["Needed."], "minutes": ["Needed."]}


def test_what_one_may_not_do_is_refused(
    portal: str, guest: Caller, allocation: Allocation
) -> None:
    with Client(portal, guest.token) as client, pytest.raises(NotAllowed):
        client.jobs.submit({"allocation": str(allocation.pk), "sbatch": SCRIPT})


def test_what_its_state_does_not_admit_is_a_conflict(
    portal: str, lead: Caller, handed_in: Request
) -> None:
    with Client(portal, lead.token) as client, pytest.raises(Conflict):
        client.requests.submit(str(handed_in.pk))


def test_a_token_that_is_not_taken_is_no_log_in(portal: str) -> None:
    with Client(portal, "cesai_no") as client, pytest.raises(NotLoggedIn):
        list(client.projects.list())


AWAY = [Fault.RESET_AT_ONCE, Fault.RESET_IN_ANSWER, Fault.TRUNCATED]


@pytest.mark.parametrize("fault", AWAY)
def test_a_read_is_repeated(
    between: MakeProxy, member: Caller, project: Project, fault: Fault
) -> None:
    proxy = between(fault, fault)
    with Client(proxy.url, member.token, retries=QUICK) as client:
        assert client.projects.get("ours")["slug"] == "ours"
    assert proxy.seen[fault] == 2


def test_after_enough_attempts_the_portal_is_away(
    between: MakeProxy, member: Caller, project: Project
) -> None:
    proxy = between(*[Fault.RESET_AT_ONCE] * 3)
    with Client(proxy.url, member.token, retries=QUICK) as client:
        with pytest.raises(NotReachable, match="cannot be reached"):
            client.projects.get("ours")
        assert client.projects.get("ours")


def test_a_job_is_followed_through_a_portal_that_is_away(
    between: MakeProxy, member: Caller, allocation: Allocation
) -> None:
    job = make.make_job(allocation, by=member.user)
    assert job.move_to("cancelled", now=make.now())
    proxy = between(*[Fault.RESET_AT_ONCE] * 2)
    with Client(proxy.url, member.token, retries=Retries(attempts=1)) as client:
        silence, last = follow(client, str(job.pk))

    assert isinstance(silence, NotReachable)
    assert not isinstance(last, NotReachable)
    assert (last["id"], last["state"]) == (str(job.pk), "cancelled")


LOST = [*AWAY, Fault.RESET_AFTER_BODY, Fault.RESET_AFTER_HEADERS]


@pytest.mark.parametrize("fault", LOST)
def test_a_submission_whose_answer_is_lost_acts_once(
    between: MakeProxy, member: Caller, allocation: Allocation, fault: Fault
) -> None:
    proxy = between(fault, fault, method="POST")
    with Client(proxy.url, member.token, retries=QUICK) as client:
        job = client.jobs.submit({"allocation": str(allocation.pk), "sbatch": SCRIPT})
    assert proxy.seen[fault] == 2
    assert [str(row.pk) for row in Job.objects.all()] == [job["id"]]


def test_an_intent_that_was_given_up_goes_on_by_its_key(
    between: MakeProxy, member: Caller, allocation: Allocation
) -> None:
    proxy = between(*[Fault.RESET_AFTER_BODY] * 3, method="POST")
    with Client(proxy.url, member.token, retries=QUICK) as client:
        body = {"allocation": str(allocation.pk), "sbatch": SCRIPT}
        with pytest.raises(NotReachable):
            client.send("POST", "jobs/", body, key="mine")
        job = client.send("POST", "jobs/", body, key="mine")
    assert Job.objects.get().pk.hex == job["id"].replace("-", "")


def test_every_intent_has_a_key_of_its_own(client: Client, allocation: Allocation) -> None:
    for _ in range(2):
        client.jobs.submit({"allocation": str(allocation.pk), "sbatch": SCRIPT})

    assert Job.objects.count() == 2


def test_where_no_answer_is_kept_no_key_is_trusted() -> None:
    assert {
        f"/api/v1/{part}" if part != "credentials/" else f"/{part}" for part in WITHOUT_KEY
    } == {*SECRET}


def test_what_holds_a_secret_is_not_repeated(between: MakeProxy, member: Caller) -> None:
    proxy = between(Fault.RESET_AFTER_BODY, method="POST")
    with Client(proxy.url, member.token, retries=QUICK) as client, pytest.raises(NotReachable):
        client.send("POST", "tokens/", {"name": "one"})
    assert proxy.seen[Fault.RESET_AFTER_BODY] == 1


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.REDIRECT, Fault.ERROR_BEFORE])
def test_what_is_no_answer_of_a_portal_is_not_one(
    between: MakeProxy, member: Caller, fault: Fault
) -> None:
    proxy = between(fault)
    with Client(proxy.url, member.token) as client, pytest.raises(NotReachable):
        client.projects.get("ours")


@pytest.mark.parametrize(
    ("attempt", "header", "least", "most"),
    [
        (1, "", 0.25, 0.5),
        (3, "", 1, 2),
        (20, "", LONGEST_WAIT / 2, LONGEST_WAIT),
        (1, "7", 7, 7),
        (1, "9999", LONGEST_WAIT, LONGEST_WAIT),
        (1, "Wed, 21 Oct 2026 07:28:00 GMT", 0.25, 0.5),
    ],
)
def test_the_wait_grows_and_keeps_to_what_the_portal_says(
    attempt: int, header: str, least: float, most: float
) -> None:
    answer = httpx.Response(503, headers={"Retry-After": header} if header else {})
    assert least <= Retries().wait_before(attempt, answer) <= most


@pytest.mark.parametrize(
    ("status", "body", "passes"),
    [
        (200, "", False),
        (400, "", False),
        (409, '{"type": "/problems/conflict"}', False),
        (409, '{"type": "/problems/in-progress"}', True),
        (422, "", False),
        (429, "", True),
        (500, "", False),
        (502, "", True),
        (503, "", True),
    ],
)
def test_what_passes_is_asked_again(status: int, body: str, passes: bool) -> None:
    assert is_passing(httpx.Response(status, text=body)) is passes


@pytest.mark.parametrize(
    ("given", "text"),
    [(("a", "b"), "a,b"), (True, "true"), (7, "7"), ("x", "x")],
)
def test_filters_are_written_as_addresses_have_them(given: object, text: str) -> None:
    assert flat({"name": given, "none": None}) == {"name": text}


def test_a_token_shows_nowhere(portal: str) -> None:
    secret = "cesai_0123456789"
    with Client(portal, secret) as client:
        shown = [repr(client), str(client), repr(client.transport)]
        shown += [repr(Login(portal, secret, "x")), repr(vars(client.transport))]
        with pytest.raises(NotLoggedIn) as refused:
            client.projects.get("ours")
        shown += [repr(refused.value), str(refused.value)]
    assert not [text for text in shown if secret in text]


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "ä", "a\x00"])
def test_what_is_no_token_is_refused_without_being_named(token: str) -> None:
    with pytest.raises(BadInput) as refused:
        Transport("https://portal.example", token)
    assert not token or token not in str(refused.value)
