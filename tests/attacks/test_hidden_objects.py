"""Strangers who know an id, a word or a name of something private, and learn nothing by it."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from projects.models import Group, Project
from registry.models import Model
from tests import make
from tests.attacks.cases import each
from tests.conftest import Caller, headers_of, new_client
from tests.world import CANARY

NOBODY = "00000000-0000-4000-8000-000000000000"
PAGES = ("", "lineage/", "lineage/data/", "edit/", "card/", "README.md", "certificate/")
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')


def told(answer: Any, key: object) -> tuple[Any, ...]:
    """All of an answer but the id that was asked for and the form's token of the moment."""
    content = TOKEN.sub(b"", answer.getvalue()).replace(str(key).encode(), b"KEY")
    return answer.status_code, content, headers_of(answer)


def ask(caller: Caller, method: str, path: str, **headers: str) -> Any:
    """By any method, without a body."""
    send = getattr(new_client(), method)
    return send(path, headers={"Authorization": f"Bearer {caller.token}", **headers})


@each("method", ["get", "head", "options"])
@each(
    "headers",
    [{}, {"If-None-Match": "*"}, {"If-Modified-Since": "Wed, 21 Oct 2099 07:28:00 GMT"},
     {"Range": "bytes=0-10"}, {"Accept": "text/html"}, {"X-HTTP-Method-Override": "DELETE"}],
)  # fmt: skip
def test_the_id_of_a_private_model_answers_like_an_id_of_nothing(
    stranger: Caller, secret: Model, method: str, headers: dict[str, str]
) -> None:
    hidden, absent = (
        ask(stranger, method, f"/api/v1/models/{key}/", **headers) for key in (secret.pk, NOBODY)
    )
    assert told(hidden, secret.pk) == told(absent, NOBODY)
    assert method == "options" or hidden.status_code in {404, 406}


@each("page", PAGES)
@each("method", ["get", "head"])
@each("headers", [{}, {"HX-Request": "true"}])
def test_no_page_and_no_fragment_tells_a_private_model_from_none(
    stranger: Caller, secret: Model, page: str, method: str, headers: dict[str, str]
) -> None:
    browser = stranger.as_browser
    hidden, absent = (
        getattr(browser, method)(f"/models/{key}/{page}", headers=headers)
        for key in (secret.pk, NOBODY)
    )
    assert told(hidden, secret.pk) == told(absent, NOBODY)
    assert hidden.status_code == 404


@each(
    "spelling",
    [str.upper, "{{{}}}".format, "urn:uuid:{}".format, lambda key: key.replace("-", ""),
     "{}%00".format, "%20{}".format, "..%2fmodels%2f{}".format],
)  # fmt: skip
def test_no_other_spelling_of_the_id_opens_it(
    stranger: Caller, secret: Model, spelling: Any
) -> None:
    asked = spelling(str(secret.pk))
    answer = stranger.get(f"/api/v1/models/{asked}/")
    assert answer.status_code == 404
    assert CANARY not in answer.content.decode()


def test_an_export_of_another_groups_models_has_no_row_of_theirs(
    stranger: Caller, secret: Model, group: Group
) -> None:
    mine = make.make_project(Group.objects.get(name="Theirs"))
    make.make_model(mine, name="Mine")
    rows = {
        query: list(csv.DictReader(io.StringIO(body.getvalue().decode())))
        for query in (f"group={group.pk}", f"group={mine.lead_group_id}", "")
        if (body := stranger.as_browser.get(f"/models.csv?{query}"))
    }
    assert [len(found) for found in rows.values()] == [0, 1, 1]
    assert CANARY not in str(rows)


@each("page", ["requests", "allocations", "jobs", "templates", "audit"])
def test_nor_has_any_other_export_that_names_their_project(
    stranger: Caller, handed_in: object, allocation: Any, project: Project, page: str
) -> None:
    make.make_job(allocation, name=CANARY)
    make.make_template(project.lead_group, name=CANARY)
    whole, narrowed = (
        stranger.as_browser.get(f"/{page}/?format=csv{query}").getvalue()
        for query in ("", f"&project={project.slug}")
    )
    for body in (whole, narrowed):
        rows = body.decode().splitlines()[1:]
        assert project.slug not in str(rows)
        assert CANARY not in str(rows)


def test_a_public_child_says_nothing_of_its_private_parent(
    stranger: Caller, secret: Model, project: Project
) -> None:
    child = make.make_model(project, name="Child", visibility="public")
    paths = [
        *(f"/api/v1/models/{child.pk}/{what}" for what in ("", "lineage/", "compute/", "card/")),
        f"/api/v1/derivations/?child={child.newest_version().pk}",
        *(f"/models/{child.pk}/{what}" for what in ("", "lineage/", "lineage/data/")),
    ]
    before = [told(_get(stranger, path), "-") for path in paths]
    make.make_edge(child, secret)
    make.make_fingerprint(secret.newest_version())
    assert [told(_get(stranger, path), "-") for path in paths] == before
    assert secret.name not in str(before)


def _get(caller: Caller, path: str) -> Any:
    return caller.get(path) if path.startswith("/api/") else caller.as_browser.get(path)


@each(
    "path",
    [
        "/api/v1/models/?q={}", "/api/v1/models/?name__icontains={}", "/api/v1/models/?licence={}",
        "/api/v1/models/?name=Secret%20{}", "/api/v1/datasets/?name={}",
        "/api/v1/versions/?source=s3://{}",
    ],
)  # fmt: skip
def test_the_exact_word_of_a_private_card_finds_nothing_by_program(
    stranger: Caller, secret: Model, path: str
) -> None:
    answer = stranger.get(path.format(CANARY)).json()
    assert (answer["results"], answer["next"], answer["previous"]) == ([], None, None)
    assert not {"count", "total"} & set(answer)


@each("path", ["/models/?q={}", "/find/?q={}", "/groups/?q={}"])
def test_nor_on_any_page(stranger: Caller, secret: Model, path: str) -> None:
    other = "canary-0000"  # a word that stands nowhere
    hidden, absent = (stranger.as_browser.get(path.format(word)) for word in (CANARY, other))
    said = TOKEN.sub(b"", hidden.content).replace(CANARY.encode(), other.encode())
    assert said == TOKEN.sub(b"", absent.content)


@each(
    "query",
    ["id={}", "pk={}", "id__in={}", "uuid={}", "ordering=-name", "o=name", "search=canary",
     "group__name=Ours", "group__memberships__user__username=lead", "created_by=lead",
     "description__startswith=c", "fields=card", "expand=versions", "include=card", "all=1",
     "limit=1000", "offset=0", "page=2", "format=json", "visibility=group", "as=lead",
     "user=lead", "on_behalf_of=lead", "access_token=x", "callback=x"],
)  # fmt: skip
def test_a_question_that_the_list_does_not_know_changes_nothing(
    stranger: Caller, secret: Model, query: str
) -> None:
    make.make_model(visibility="public")
    asked = query.format(secret.pk)
    assert stranger.get(f"models/?{asked}").json() == stranger.get("models/").json()


@pytest.mark.parametrize("size", ["1000000000", "-1", "0", "1e9", "NaN", "٣", "200 ", ""])
def test_no_page_holds_more_than_two_hundred_rows(
    lead: Caller, project: Project, size: str
) -> None:
    first = make.make_model(project)
    rows = [Model(name=f"m{n}", group=first.group, created_by=lead.user) for n in range(210)]
    for row in rows:
        row.qualified = row.name
    Model.objects.bulk_create(rows)
    assert len(lead.get(f"models/?page_size={size}").json()["results"]) <= 200


def test_a_mark_in_the_list_of_others_shows_nothing_of_theirs(
    stranger: Caller, lead: Caller, secret: Model
) -> None:
    make.make_model(secret.project, name=f"Older {CANARY}")
    address = lead.get("models/?page_size=1").json()["next"]
    assert CANARY not in stranger.get(address.replace("http://testserver", "")).content.decode()


@pytest.mark.parametrize("turn", [str.upper, lambda text: text[:-2], "x{}".format, lambda _: "{}"])
def test_a_mark_that_was_changed_is_refused(lead: Caller, project: Project, turn: Any) -> None:
    for _ in range(2):
        make.make_model(project)
    mark = lead.get("models/?page_size=1").json()["next"].split("cursor=")[1].split("&")[0]
    assert lead.get(f"models/?cursor={turn(mark)}").status_code == 400
    assert lead.get(f"versions/?cursor={mark}").status_code == 400


@each(
    "slug",
    ["../admin", "..%2fadmin", "%2e%2e%2f", "..%5c..%5cx", "ours%00", "OURS", "ours%20", "оurs",
     "ｏurs", "ou%C2%ADrs", "ours%0a", "%ff", "'", "ours;", "*", "%25"],
)  # fmt: skip
def test_no_spelling_of_a_name_in_an_address_leads_elsewhere(
    stranger: Caller, lead: Caller, project: Project, slug: str
) -> None:
    for caller, path in ((stranger, "/projects/{}/"), (lead, "/projects/{}/edit/")):
        answer = caller.as_browser.get(path.format(slug))
        assert answer.status_code == 404
    assert lead.get(f"/api/v1/projects/{slug}/").status_code == 404


def test_the_short_name_of_a_private_project_says_only_that_it_is_taken(
    stranger: Caller, project: Project
) -> None:
    theirs = str(Group.objects.get(name="Theirs").pk)
    body = {"lead_group": theirs, "slug": project.slug, "title": "x"}
    answer = stranger.post("projects/", body)
    assert answer.status_code == 409
    assert not {project.title, str(project.pk), "Ours"} & set(
        re.split(r"\W", answer.json()["detail"])
    )
