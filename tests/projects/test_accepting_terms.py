"""Terms of use: published in versions, and accepted before anything else is served."""

from __future__ import annotations

from typing import Any

import pytest

from projects.actions.terms import accept_terms
from projects.errors import Invalid
from projects.models import Acceptance, Event, Terms, User
from tests import make
from tests.conftest import Caller, new_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    user = make.make_member(make.make_group())
    return Caller(user, make.make_token(user))


def _publish(*, days: float = 0, text: str = "Be good.") -> Terms:
    terms = make.make_terms(days=days)
    Terms.objects.filter(pk=terms.pk).update(text_en=text)
    return terms


def _accept(caller: Caller, terms: Terms) -> Any:
    return caller.as_browser.post(f"/terms/{terms.pk}/accept/")


def test_as_long_as_there_are_none_nobody_is_asked(caller: Caller) -> None:
    assert caller.as_browser.get("/").status_code == 200
    assert "None were published" in new_client().get("/terms/").content.decode()


def test_everybody_can_read_them(caller: Caller) -> None:
    _publish()
    assert "Be good." in new_client().get("/terms/").content.decode()
    german = new_client().get("/terms/", headers={"accept-language": "de"})
    assert "Seid gut." in german.content.decode()


def test_a_page_sends_to_them_first(caller: Caller) -> None:
    _publish()
    answer = caller.as_browser.get("/projects/")
    assert (answer.status_code, answer["Location"]) == (302, "/terms/")


def test_a_moving_part_sends_to_them_too(caller: Caller) -> None:
    _publish()
    answer = caller.as_browser.get("/projects/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (403, "/terms/")


def test_a_token_is_refused_and_told_where(caller: Caller) -> None:
    _publish()
    answer = caller.get("/api/v1/projects/")
    assert answer.status_code == 403
    assert "/terms/" in answer.json()["detail"]


def test_mlflow_with_the_token_is_refused_and_told_where(caller: Caller) -> None:
    path = "/mlflow/api/2.0/mlflow/registered-models/search"
    assert caller.get(path).status_code == 200
    _publish()
    answer = caller.get(path)
    assert answer.status_code == 403
    assert "/terms/" in answer.json()["message"]


def test_once_accepted_all_is_served(caller: Caller) -> None:
    terms = _publish()
    assert _accept(caller, terms)["Location"] == "/"
    assert caller.as_browser.get("/projects/").status_code == 200
    assert caller.get("/api/v1/projects/").status_code == 200


def test_anothers_yes_is_not_ones_own(caller: Caller) -> None:
    accept_terms(by=make.make_user(), terms=_publish(), now=make.now())
    assert caller.as_browser.get("/projects/").status_code == 302


def test_a_new_version_asks_again(caller: Caller) -> None:
    _accept(caller, _publish())
    second = _publish(text="Be better.")
    assert caller.as_browser.get("/projects/").status_code == 302
    _accept(caller, second)
    assert caller.as_browser.get("/projects/").status_code == 200


def test_a_version_ahead_is_read_and_accepted_in_advance(caller: Caller) -> None:
    ahead = _publish(days=30)
    assert caller.as_browser.get("/projects/").status_code == 200
    assert "comes into force" in caller.as_browser.get("/terms/").content.decode()
    assert _accept(caller, ahead)["Location"] == "/terms/"
    Terms.objects.update(in_force_from=make.now())
    assert caller.as_browser.get("/projects/").status_code == 200


def test_a_version_cannot_begin_before_the_one_it_follows() -> None:
    _publish(days=30)
    with pytest.raises(Invalid) as refused:
        _publish(days=10)
    assert list(refused.value.fields) == ["in_force_from"]


def test_publishing_and_accepting_are_events_and_twice_is_once(caller: Caller) -> None:
    terms = _publish()
    _accept(caller, terms)
    _accept(caller, terms)
    kinds = list(Event.objects.order_by("sequence").values_list("kind", flat=True))
    assert [kind for kind in kinds if "terms" in kind] == ["publish_terms", "accept_terms"]
    assert Acceptance.objects.count() == 1


def test_they_can_be_left_by_logging_out(caller: Caller) -> None:
    _publish()
    assert caller.as_browser.get("/accounts/logout/").status_code == 200


def test_a_portal_admin_publishes_them_and_changes_none() -> None:
    root = make.make_user("root", is_staff=True, is_superuser=True)
    client = Caller(root, "").as_browser
    form = {"text_en": "Be good.", "text_de": "Seid gut.", "in_force_from_0": "2026-01-01",
            "in_force_from_1": "00:00"}  # fmt: skip
    assert client.post("/admin/projects/terms/add/", form).status_code == 302
    [terms] = Terms.objects.all()
    assert (terms.version, terms.published_by) == (1, root)
    accept_terms(by=User.objects.get(pk=root.pk), terms=terms, now=make.now())
    path = f"/admin/projects/terms/{terms.pk}/change/"
    assert client.post(path, {**form, "text_en": "Be bad."}).status_code == 403


def test_without_log_in_nothing_is_accepted() -> None:
    terms = _publish()
    answer = new_client().post(f"/terms/{terms.pk}/accept/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert not Acceptance.objects.exists()
