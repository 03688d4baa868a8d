"""Too many calls, too deep, too long, too large: told so, quickly, and never an error of ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import caches
from django.urls import reverse

from projects.bearer import WritePace
from projects.models import Project
from tests import make
from tests.attacks.cases import each
from tests.conftest import Caller, new_client
from tests.world import World

BUSY = ["a" * 100_000, "a " * 20_000, '"' * 5_000, "(" * 5_000, "-" * 5_000, "a OR " * 2_000,
        "%" * 2_000, "_" * 5_000, "\\" * 5_000, "a*" * 2_000, "ﷺ" * 4_000, "🏴" * 4_000,
        "\u0301" * 5_000, "!" * 5_000, "&|" * 2_000, "'" * 5_000]  # fmt: skip


@pytest.fixture(autouse=True)
def _nobody_called_before() -> Iterator[None]:
    caches["process"].clear()
    yield
    caches["process"].clear()


def send(caller: Caller, body: bytes, path: str = "tokens/") -> Any:
    headers = {"Authorization": f"Bearer {caller.token}"}
    return new_client().post(f"/api/v1/{path}", body, "application/json", headers=headers)


def quickly(began: float) -> bool:
    return time.monotonic() - began < 3


def test_of_a_thousand_writes_in_a_minute_most_are_told_to_wait(
    lead: Caller, stranger: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the pace that the settings give where nobody chose another."""
    monkeypatch.setattr(WritePace, "rate", "3000/min", raising=False)
    answers = [lead.post("notices/read-all/", key="") for _ in range(1000)]
    told = [answer for answer in answers if answer.status_code == 429]
    assert 200 <= len(answers) - len(told) <= 600
    assert all(0 < int(answer["Retry-After"]) <= 61 for answer in told)
    assert lead.get("projects/").status_code == 200  # who floods may read on
    assert stranger.post("notices/read-all/", key="").status_code == 200


def test_the_same_pace_holds_for_clients_of_mlflow(
    lead: Caller, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WritePace, "rate", "20/min", raising=False)
    path = "/mlflow/api/2.0/mlflow/registered-models/create"
    statuses = [lead.post(path, {"name": f"m{n}"}).status_code for n in range(10)]
    assert (statuses[0], statuses[-1]) == (200, 429)


def test_a_call_repeated_with_its_key_counts_too(
    lead: Caller, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WritePace, "rate", "20/min", raising=False)
    body, key = {"lead_group": str(project.lead_group_id), "slug": "new", "title": "x"}, make.key()
    statuses = [lead.post("projects/", body, key=key).status_code for _ in range(10)]
    assert (statuses[0], statuses[-1]) == (201, 429)


@each(
    "body",
    [b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
     b"[" * 10_000, b'{"a":' * 10_000, b'{"name":"x","days":' + b"1" * 100_000 + b"}",
     b'{"name":"x","days":1e999999999}', b'{"name":"x","days":-1E-999999999}',
     b'{"name":"' + b"\\u0000" * 1000 + b'"}', b'{"' + b"a" * 100_000 + b'":1}',
     b"{" + b",".join(b'"k%d":1' % n for n in range(100_000)) + b"}"],
)  # fmt: skip
def test_a_body_made_to_be_costly_is_refused_at_once(lead: Caller, body: bytes) -> None:
    began = time.monotonic()
    assert send(lead, body).status_code == 400
    assert quickly(began)


@each("text", BUSY)
def test_a_search_made_to_be_slow_is_not(lead: Caller, project: Project, text: str) -> None:
    make.make_model(project, description="a " * 2000)
    began = time.monotonic()
    for path in ("/find/?", "/models/?", "/groups/?", "/partners/?", "/projects/?"):
        page = lead.as_browser.get(path + urlencode({"q": text}))
        assert page.status_code in {200, 400, 404, 414}
    assert lead.get("models/?" + urlencode({"q": text})).status_code in {200, 400}
    assert quickly(began)


@each(
    "text",
    ["(" * 15_000, "name = 'a' AND " * 1_200 + "name = 'a'", "name LIKE '" + "%a" * 5_000 + "b'",
     "'" + "\\'" * 9_000, "tags." + "`" * 9_001 + " = 'a'", "name = '" + "''" * 9_000 + "'",
     "x" * 1_000_000, "name IN (" + "'a'," * 4_000 + "'a')", "name = " + '"' * 9_001,
     "name ILIKE '" + "_%" * 4_000 + "'"],
)  # fmt: skip
def test_a_filter_of_mlflow_made_to_be_slow_is_not(
    lead: Caller, project: Project, text: str
) -> None:
    make.make_model(project)
    began = time.monotonic()
    for what in ("registered-models", "model-versions"):
        query = urlencode({"filter": text})
        answer = lead.get(f"/mlflow/api/2.0/mlflow/{what}/search?{query}")
        assert answer.status_code in {200, 400}
    assert quickly(began)


@each(
    "header",
    [{"Accept-Language": ",".join(["de-" + "x" * 400] * 500)}, {"Accept-Language": "-" * 8000},
     {"Accept": ",".join(["text/html;q=0." + "1" * 50] * 400)}, {"Cookie": "a=b;" * 2000},
     {"Accept-Encoding": "gzip," * 1500}, {"If-None-Match": 'W/"a",' * 1200},
     {"Range": "bytes=" + "0-0," * 1500 + "0-0"}, {"Authorization": "Bearer " + "a" * 8000}],
)  # fmt: skip
def test_a_header_made_to_be_slow_is_not(lead: Caller, header: dict[str, str]) -> None:
    began = time.monotonic()
    assert lead.as_browser.get("/projects/", headers=header).status_code < 500
    assert lead.get("projects/", **header).status_code < 500
    assert quickly(began)


def test_a_form_of_thousands_of_fields_is_refused(lead: Caller) -> None:
    form = {f"f{n}": "x" for n in range(2000)}
    assert lead.as_browser.post(reverse("settings"), form).status_code == 400
    parts = b"".join(
        b'--c\r\nContent-Disposition: form-data; name="f%d"; filename="x"\r\n\r\nx\r\n' % n
        for n in range(2000)
    )
    answer = lead.as_browser.generic(
        "POST", reverse("settings"), parts + b"--c--\r\n", "multipart/form-data; boundary=c"
    )
    assert answer.status_code == 400


@each("count", ["1000000000", "-1", "x", "9" * 400, "2001"])
def test_a_request_of_a_billion_lines_is_refused_or_cut(
    lead: Caller, project: Project, count: str
) -> None:
    form = {"project": str(project.pk), "purpose": "other", "lines-TOTAL_FORMS": count,
            "lines-INITIAL_FORMS": "0"}  # fmt: skip
    began = time.monotonic()
    assert lead.as_browser.post(reverse("request-new"), form).status_code in {302, 400}
    page = lead.as_browser.get(reverse("request-line"), {"lines-TOTAL_FORMS": count})
    assert page.status_code < 500
    assert quickly(began)


def test_a_thousand_models_are_not_compared(lead: Caller, project: Project) -> None:
    query = "&".join(f"m={make.key()}" for _ in range(900))
    began = time.monotonic()
    assert lead.as_browser.get(f"{reverse('model-compare')}?{query}").status_code == 200
    assert quickly(began)


@each("depth", ["-1", "0", "1000000000", "x", "9" * 400, "1e3", "٣", ""])
def test_a_walk_without_end_is_refused_or_cut(lead: Caller, project: Project, depth: str) -> None:
    model = make.make_model(project)
    began = time.monotonic()
    for direction in ("ancestors", "descendants", "both", "\0"):
        query = urlencode({"depth": depth, "direction": direction})
        assert lead.get(f"models/{model.pk}/lineage/?{query}").status_code in {200, 400}
    assert quickly(began)


@pytest.fixture
def world(db: None) -> World:
    return World()


@each("key", ["0", "-1", "9" * 19, "9" * 60, "x", "%00", "1.5", "٣", "'"])
def test_no_number_in_an_address_breaks_anything(world: World, key: str) -> None:
    operator = Caller(world.people["operator"], world.tokens["operator"])
    slug = world.cluster.slug
    for path in (
        f"clusters/{slug}/accounting/{key}/correct/",
        f"clusters/{slug}/consents/{key}/withdraw/",
    ):
        assert operator.post(path, {"reason": "x"}).status_code in {400, 403, 404, 405}
        page = operator.as_browser.post(
            f"/{path}".replace("consents", "consent"), {"x-reason": "x"}
        )
        assert page.status_code in {302, 400, 403, 404}


@each("query", ["q=" + "ä" * 1998, "&".join(f"q={n}" for n in range(600)),
                                   "q=%00", "q=%ff" * 400, "=" * 2000, "x" * 100_000])  # fmt: skip
def test_no_filter_that_is_kept_breaks_its_list(lead: Caller, query: str) -> None:
    form = {"name": "x", "query": query}
    answer = lead.as_browser.post(reverse("filter-save", args=["models"]), form)
    assert answer.status_code in {302, 400}
    assert lead.as_browser.get("/models/").status_code == 200


@each("name", ["x" * 61, "", "a\0b", "a\nb", "\u202e"])
def test_no_name_of_a_kept_filter_breaks_its_list(lead: Caller, name: str) -> None:
    form = {"name": name, "query": "q=x"}
    assert lead.as_browser.post(reverse("filter-save", args=["models"]), form).status_code == 302
    assert lead.as_browser.get("/models/").status_code == 200


def test_the_description_of_the_api_is_made_once_and_not_for_every_stranger(db: None) -> None:
    for kind in ("application/json", "application/vnd.oai.openapi"):
        new_client().get("/api/v1/schema/", headers={"Accept": kind})
        began = time.monotonic()
        for n in range(20):
            question = {"version": f'{n}\r\nX: y"; filename="x', "lang": f"x{n}"}
            answer = new_client().get("/api/v1/schema/", question, headers={"Accept": kind})
            assert answer.status_code == 200
            assert "filename" not in str(answer.headers)
        assert time.monotonic() - began < 1


LONG_MAILBOX = "x" * 250 + "@example.org"
LONG_ADDRESS = "https://example.org/" + "x" * 250


def test_what_is_longer_than_its_column_is_refused(
    lead: Caller, coordinator: Caller, portal_admin: Caller, project: Project
) -> None:
    group, partner = str(project.lead_group_id), str(project.lead_group.partner_id)
    sent = [
        lead.post("invitations/", {"group": group, "email": LONG_MAILBOX, "role": "member"}),
        lead.post("models/", {"name": "m", "group": group, "contact": LONG_MAILBOX}),
        lead.post("datasets/", {"name": "d", "group": group, "homepage": LONG_ADDRESS}),
        coordinator.post("initiatives/", {"slug": "i", "name": "i", "page": LONG_ADDRESS}),
        portal_admin.post(
            "groups/", {"partner": partner, "name": "g", "slug": "g", "contact": LONG_MAILBOX}
        ),
        lead.as_browser.post(
            reverse("invite", args=[group]), {"email": LONG_MAILBOX, "role": "member"}
        ),
        lead.as_browser.post(
            reverse("model-plan"), {"name": "m", "group": group, "contact": LONG_MAILBOX}
        ),
    ]
    assert [answer.status_code for answer in sent] == [400] * len(sent)


@each("name", ["project", "partner", "cluster", "initiative", "first", "last", "cut_off"])
def test_a_nul_in_a_question_for_a_report_is_no_fault(lead: Caller, name: str) -> None:
    for path in ("/reports/", "/reports/allocations.csv", "/reports/report.xlsx"):
        assert lead.as_browser.get(path, {name: "\0"}).status_code in {200, 400, 404}
