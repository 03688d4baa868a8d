"""The client's types are those of the portal's description, and its answers have them."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from cesai_client import Client, resources, shapes
from cesai_client.cli.nouns import NOUNS
from compute.models import Allocation, Request
from dev import client_types
from projects.models import Project
from registry.models import Model
from tests import make


def test_what_is_committed_is_what_the_description_gives_now() -> None:
    now = client_types.shapes(client_types.described())
    assert client_types.TARGET.read_text() == now, "run `python -m dev.client_types`"


def _of(resource: Any) -> tuple[Any, Any]:
    """The shapes of a resource's rows and of one of them."""
    [base] = type(resource).__orig_bases__
    row, whole = get_args(base)
    return row, whole


@pytest.fixture
def something(project: Project, allocation: Allocation, handed_in: Request) -> Model:
    """One of everything."""
    make.make_job(allocation)
    model = make.make_model(project)
    make.make_version(model)
    return model


NOUNS_OF_THE_LIBRARY = [kind.path.rstrip("/") for kind in resources.Resource.__subclasses__()]


@pytest.mark.parametrize("name", NOUNS_OF_THE_LIBRARY)
def test_an_answer_has_every_field_of_its_shape(
    client: Client, something: Model, name: str
) -> None:
    resource = getattr(client, name)
    shape, whole = _of(resource)
    [first, *_] = resource.rows()

    assert first.keys() == shape.__annotations__.keys()
    assert resource.get(first["id"]).keys() == whole.__annotations__.keys()


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.name)
def test_every_filter_of_the_command_line_is_one_of_the_api(noun: Any) -> None:
    known = getattr(shapes, f"{noun.name.capitalize()}Filters").__annotations__
    asked = {name for part in noun.filters for name in (part.param, part.by_id) if name}

    assert asked <= known.keys()


def test_a_field_whose_name_is_a_word_of_the_language_is_there() -> None:
    assert "class" in shapes.NeighbourOut.__annotations__
