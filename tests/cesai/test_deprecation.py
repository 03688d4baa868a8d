"""What goes away says so in its answers and in the description, long before it does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from django.test import override_settings
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from cesai.urls import urlpatterns as ours
from projects.api.groups import GroupResource
from projects.deprecation import Deprecation, deprecated
from projects.serializers import Nothing
from tests.conftest import Caller

SINCE, SUNSET = date(2026, 1, 1), date(2026, 9, 1)


class OldGroups(GroupResource):
    """Made up: one of its actions goes away."""

    @deprecated(since=SINCE, sunset=SUNSET, instead="Read the group instead.")
    @action(detail=False, methods=["get", "post"], pagination_class=None, filter_backends=[])
    def shout(self, request: Request) -> Response:
        """Say it loudly."""
        self.body(Nothing)
        return Response({"said": "HELLO"})


class OldList(GroupResource):
    """Made up: all of it goes away."""

    deprecation = Deprecation(SINCE, SUNSET, "There are groups.")


router = SimpleRouter()
router.register("old-groups", OldGroups, basename="api-old-groups")
router.register("old-list", OldList, basename="api-old-list")
urlpatterns = [*ours, path("api/v1/", include(router.urls))]


@pytest.fixture(autouse=True)
def _made_up() -> Any:
    with override_settings(ROOT_URLCONF=__name__):
        yield


ANNOUNCED = {
    "Deprecation": f"@{int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())}",
    "Sunset": "Tue, 01 Sep 2026 00:00:00 GMT",
    "Link": '</api/v1/docs/#changes>; rel="deprecation"; type="text/html"',
}


def _announced(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.items() if name in ANNOUNCED}


def test_a_deprecated_action_announces_it_in_each_answer(lead: Caller) -> None:
    answer = lead.get("old-groups/shout/")
    assert answer.json() == {"said": "HELLO"}
    assert _announced(answer) == ANNOUNCED


def test_the_end_is_a_date_as_http_writes_it(lead: Caller) -> None:
    said = parsedate_to_datetime(lead.get("old-groups/shout/")["Sunset"])
    assert said == datetime(2026, 9, 1, tzinfo=UTC)


def test_a_refusal_announces_it_too(lead: Caller) -> None:
    answer = lead.post("old-groups/shout/", {"unknown": 1})
    assert answer.status_code == 400
    assert _announced(answer) == ANNOUNCED


def test_the_other_actions_of_the_resource_are_as_they_were(lead: Caller) -> None:
    assert _announced(lead.get("old-groups/")) == {}


def test_a_resource_that_goes_away_announces_it_everywhere(lead: Caller, group: Any) -> None:
    for address in ("old-list/", f"old-list/{group.pk}/", "old-list/?format=csv"):
        assert _announced(lead.get(address)) == ANNOUNCED


def test_nothing_of_ours_is_announced_unasked(lead: Caller) -> None:
    assert _announced(lead.get("groups/")) == {}


def test_the_description_marks_it() -> None:
    generator = SchemaGenerator(urlconf=__name__)
    schema: Any = generator.get_schema(request=None, public=True)
    marked = {
        (address, method)
        for address, operations in schema["paths"].items()
        for method, call in operations.items()
        if call.get("deprecated")
    }
    assert {place for place in marked if "old-groups" in place[0]} == {
        ("/api/v1/old-groups/shout/", "get"),
        ("/api/v1/old-groups/shout/", "post"),
    }
    assert ("/api/v1/old-list/", "get") in marked
    assert not {place for place in marked if "old-" not in place[0]}
    said = schema["paths"]["/api/v1/old-groups/shout/"]["get"]["description"]
    assert said.startswith("Say it loudly.")
    assert "gone from 2026-09-01 on. Read the group instead." in said


def test_less_time_than_promised_is_no_announcement() -> None:
    with pytest.raises(ValueError, match="183 days"):
        deprecated(since=SINCE, sunset=date(2026, 3, 1), instead="")
