"""The registry in a real browser: finding, comparing, planning and the drawing of a lineage."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from registry.models import Model
from tests import make
from tests.browser.conftest import Open
from tests.browser.visits import UNFOLD, complaints_of, too_wide
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
DRAWN = "#graph[data-drawn]"
GRAPH = "document.getElementById('graph')._cyreg.cy"
CARD = "---\nlanguage:\n- de\nlicense: mit\n---\n# Kogge\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
UNLABELLED = """() => [...document.querySelectorAll('input, select, textarea, button')]
    .filter((e) => e.type !== 'hidden' && !e.labels?.length && !e.ariaLabel
        && !e.textContent.trim())
    .map((e) => e.outerHTML)"""
HEADINGS = "() => [...document.querySelectorAll('main :is(h1,h2,h3,h4,h5,h6)')]" + (
    ".map((e) => Number(e.tagName[1]))"
)


@pytest.fixture
def rich(world: World) -> Model:
    """A model of which much is known, with a line of models above and below it."""
    project, facts = world.project, {"licence": "CC-BY-NC-4.0", "visibility": "public"}
    top = make.make_model(project, name="Base-of-all-with-a-very-long-name-" + "x" * 60, **facts)
    model = make.make_model(
        project,
        name="Kogge-9B-Instruct-mit-einem-ziemlich-langen-Namen",
        languages=["bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr"],
        tasks=["speech-recognition", "translation"],
        domains=["administration"],
        parameters=9 * 10**9,
        tokens=4 * 10**12,
        modality_out=["text"],
        licence="MIT",
        datasets=["Ein sehr langer Name eines Datensatzes, " * 4],
        description="Donaudampfschifffahrtsgesellschaft" * 4,
        card=CARD,
    )
    make.make_version(model, source="s3://bucket/" + "deep/" * 40)
    make.make_edge(model, top)
    make.make_edge(model, "their/model", kind="merge")
    below = model
    for n in range(4):
        child = make.make_model(project, name=f"Below-{n + 1}")
        make.make_edge(child, below, kind="quantized" if n == 0 else "finetune")
        below = child
    return model


def _pages(model: Model, other: Model) -> dict[str, str]:
    by_key = ("model", "model-edit", "model-card", "model-lineage", "model-certificate")
    return {
        "models": reverse("models"),
        "searched": f"{reverse('models')}?q=Kogge&languages=de",
        "empty": f"{reverse('models')}?q=nothing-of-the-kind",
        "compare": f"{reverse('model-compare')}?m={model.pk}&m={other.pk}",
        "plan": reverse("model-plan"),
        "from-card": reverse("model-from-card"),
        **{name: reverse(name, args=[model.pk]) for name in by_key},
    }


def _lineage(page: Page, model: Model) -> None:
    page.goto(reverse("model-lineage", args=[model.pk]))
    page.locator(DRAWN).wait_for()


def _drawn(page: Page) -> int:
    return int(page.locator("#graph").get_attribute("data-drawn") or 0)


def _visible(page: Page) -> list[str]:
    names: list[str] = page.evaluate(f"{GRAPH}.nodes(':visible').map((n) => n.data('name'))")
    return sorted(names)


def _wait(page: Page, holds: Callable[[], bool]) -> None:
    """Until it holds, at most 5 s; playwright's own waiting would evaluate text in the page."""
    for _each in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    pytest.fail("it never came to hold")


def _tap(page: Page, name: str) -> None:
    """A click in the middle of a node, wherever the drawing put it."""
    place: dict[str, float] = page.evaluate(
        f"(name) => {GRAPH}.nodes().filter((n) => n.data('name') === name).renderedPosition()",
        name,
    )
    box = page.locator("#graph").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + place["x"], box["y"] + place["y"])


def _hosts(page: Page) -> set[str]:
    """Filled while the page is used: where it asked for anything."""
    found: set[str] = set()
    page.on("request", lambda asked: found.add(_host(asked.url)))
    return found


def _host(url: str) -> str:
    return "data" if url.startswith("data:") else url.split("/")[2]


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1280, "light", "en"), (1280, "dark", "de"), (360, "light", "de"), (360, "dark", "en")],
)
def test_pages_of_the_registry_fit_and_nothing_is_complained_of(
    world: World,
    rich: Model,
    open_as: Open,
    address: str,
    width: int,
    scheme: str,
    language: str,
) -> None:
    size = {"width": width, "height": 800}
    lead = world.people["lead"]
    page = open_as(lead, viewport=size, color_scheme=scheme, locale=language).new_page()
    complaints, hosts, wide = complaints_of(page), _hosts(page), {}
    for name, path in _pages(rich, world.model).items():
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        page.evaluate(UNFOLD)
        wide[name] = too_wide(page)
    assert complaints == []
    assert {name: pixels for name, pixels in wide.items() if pixels > 0} == {}
    assert hosts <= {address.removeprefix("http://"), "data"}


def test_every_control_has_a_name_and_headings_skip_no_level(
    world: World, rich: Model, open_as: Open
) -> None:
    page = open_as(world.people["lead"]).new_page()
    for path in _pages(rich, world.model).values():
        page.goto(path)
        levels: list[int] = page.evaluate(HEADINGS)
        assert page.evaluate(UNLABELLED) == [], path
        assert levels[0] == 1, path
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), (path, levels)


def test_two_models_are_found_and_compared(world: World, rich: Model, open_as: Open) -> None:
    page = open_as(world.people["lead"]).new_page()
    complaints = complaints_of(page)
    page.goto(reverse("models"))
    page.get_by_role("searchbox").fill("Below")
    page.keyboard.press("Enter")
    page.get_by_label("Compare Below-1").check()
    page.get_by_label("Compare Below-2").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    heads = page.locator("table.compare thead a").all_inner_texts()
    assert sorted(heads) == ["Below-1", "Below-2"]
    assert complaints == []


def test_a_choice_narrows_the_list_and_is_taken_back(
    world: World, rich: Model, open_as: Open
) -> None:
    page = open_as(world.people["lead"]).new_page()
    page.goto(reverse("models"))
    before = page.locator("tbody tr").count()
    page.get_by_role("link", name="training").first.click()
    chosen = page.locator(".facets a[aria-current=true]")
    assert page.locator("tbody tr").count() < before
    chosen.click()
    assert page.locator("tbody tr").count() == before


def test_a_model_is_planned_with_chips(world: World, open_as: Open) -> None:
    page = open_as(world.people["member"]).new_page()
    complaints = complaints_of(page)
    page.goto(reverse("model-plan"))
    page.get_by_label("Name", exact=True).fill("Hanse-9B")
    for chip in ("de", "en", "translation", "9B", "4T"):
        page.get_by_role("button", name=chip, exact=True).first.click()
    page.get_by_role("button", name="Register the plan").click()
    page.locator("h1", has_text="Hanse-9B").wait_for()
    model = Model.objects.get(name="Hanse-9B")
    assert (model.languages, model.tasks) == (["de", "en"], ["translation"])
    assert (model.parameters, model.tokens) == (9 * 10**9, 4 * 10**12)
    assert complaints == []


def test_a_chip_pressed_after_another_takes_the_place_of_a_single_value(
    world: World, open_as: Open
) -> None:
    page = open_as(world.people["member"]).new_page()
    page.goto(reverse("model-plan"))
    for chip in ("1B", "70B"):
        page.get_by_role("button", name=chip, exact=True).click()
    assert page.locator("#id_parameters").input_value() == "70B"


def test_a_lineage_is_drawn_with_every_node_of_its_data(
    world: World, rich: Model, open_as: Open
) -> None:
    page = open_as(world.people["lead"]).new_page()
    _lineage(page, rich)
    data: dict[str, Any] = page.evaluate(
        "JSON.parse(document.getElementById('graph-data').textContent)"
    )
    assert _drawn(page) == len(data["nodes"]) == 6
    assert len(_visible(page)) == 6


def test_a_kind_that_is_ticked_off_is_not_drawn_and_comes_back(
    world: World, rich: Model, open_as: Open
) -> None:
    page = open_as(world.people["lead"]).new_page()
    complaints = complaints_of(page)
    _lineage(page, rich)
    all_of_it = _visible(page)
    page.get_by_label("merge", exact=True).uncheck()
    _wait(page, lambda: set(all_of_it) - set(_visible(page)) == {"their/model"})
    page.get_by_label("merge", exact=True).check()
    _wait(page, lambda: _visible(page) == all_of_it)
    assert complaints == []


def test_opening_a_node_draws_what_lies_beyond_it(
    world: World, rich: Model, open_as: Open
) -> None:
    page = open_as(world.people["lead"]).new_page()
    complaints = complaints_of(page)
    _lineage(page, rich)
    before = _drawn(page)
    assert "Below-4" not in _visible(page)
    with page.expect_response(lambda answer: answer.url.endswith("/lineage/data/")):
        _tap(page, "Below-3")
    page.locator(f"#graph[data-drawn='{before + 1}']").wait_for()
    assert "Below-4" in _visible(page)
    page.locator("#graph-open").click()
    assert page.locator("h1").inner_text().startswith("Below-3")
    assert complaints == []


def test_a_name_that_is_no_entry_asks_for_nothing_when_it_is_opened(
    world: World, rich: Model, open_as: Open
) -> None:
    page = open_as(world.people["lead"]).new_page()
    _lineage(page, rich)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    _tap(page, "their/model")
    page.wait_for_timeout(500)
    assert asked == []


def test_a_drawing_takes_the_colours_of_another_theme(
    world: World, rich: Model, open_as: Open
) -> None:
    page = open_as(world.people["lead"], color_scheme="light").new_page()
    complaints = complaints_of(page)
    _lineage(page, rich)
    colour = f"{GRAPH}.nodes().last().style('color')"
    light = page.evaluate(colour)
    page.get_by_role("button", name="Change between light and dark").click()
    _wait(page, lambda: page.evaluate(colour) != light)
    assert len(_visible(page)) == 6
    assert complaints == []


def test_a_drawing_grows_shrinks_and_fits_again(world: World, rich: Model, open_as: Open) -> None:
    page = open_as(world.people["lead"]).new_page()
    _lineage(page, rich)
    zoom = [page.evaluate(f"{GRAPH}.zoom()")]
    for name in ("Larger", "Smaller"):
        page.get_by_role("button", name=name).click()
        _wait(page, lambda: page.evaluate(f"{GRAPH}.zoom()") != zoom[-1])
        zoom.append(page.evaluate(f"{GRAPH}.zoom()"))
    assert zoom[1] > zoom[0]
    assert zoom[2] == pytest.approx(zoom[0])


def test_a_cut_lineage_of_a_hub_is_drawn_without_complaint(world: World, open_as: Open) -> None:
    root = make.make_model(world.project, name="Hub")
    for _each in range(30):
        child = make.make_model(world.project)
        make.make_edge(child, root)
        for _below in range(6):
            make.make_edge(make.make_model(world.project), child)
    page = open_as(world.people["lead"]).new_page()
    complaints = complaints_of(page)
    _lineage(page, root)
    assert 1 < _drawn(page) <= 300
    assert complaints == []


def test_a_card_goes_in_and_comes_out_the_same(world: World, open_as: Open) -> None:
    page = open_as(world.people["member"]).new_page()
    page.goto(reverse("model-from-card"))
    page.get_by_label("Name", exact=True).fill("Kogge")
    page.locator("#id_card").fill(CARD)
    page.get_by_role("button", name="Register").click()
    page.locator("h1", has_text="Kogge").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="README.md").click()
    text = download.value.path().read_bytes().decode()
    assert text.endswith("---\n" + CARD.split("---\n", maxsplit=2)[2])


def test_without_javascript_models_are_found_and_compared(
    world: World, rich: Model, open_as: Open
) -> None:
    page = open_as(world.people["lead"], java_script_enabled=False).new_page()
    page.goto(f"{reverse('models')}?q=Below")
    for name in ("Below-1", "Below-2"):
        page.get_by_label(f"Compare {name}").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    assert page.locator("table.compare thead a").count() == 2


def test_without_javascript_a_lineage_stands_in_its_tables(
    world: World, rich: Model, open_as: Open
) -> None:
    page = open_as(world.people["lead"], java_script_enabled=False).new_page()
    page.goto(reverse("model", args=[rich.pk]))
    page.get_by_role("link", name="Lineage", exact=True).click()
    text = page.locator("main").inner_text()
    for name in ("their/model", "Below-1", "Below-2", "Below-3"):
        assert name in text


def test_without_javascript_a_plan_is_refused_and_registered(world: World, open_as: Open) -> None:
    page = open_as(world.people["member"], java_script_enabled=False).new_page()
    page.goto(reverse("model-plan"))
    page.locator("#id_name").fill("Hanse-9B")
    page.locator("#id_parameters").fill("many")
    page.get_by_role("button", name="Register the plan").click()
    assert "Write a number such as 9B" in page.locator("main").inner_text()
    page.locator("#id_parameters").fill("9B")
    page.get_by_role("button", name="Register the plan").click()
    assert page.locator("h1").inner_text().startswith("Hanse-9B")


def test_without_javascript_a_card_is_taken_over(world: World, rich: Model, open_as: Open) -> None:
    page = open_as(world.people["member"], java_script_enabled=False).new_page()
    page.goto(reverse("model-card", args=[rich.pk]))
    page.locator("#id_card").fill("# Another card\n")
    page.get_by_role("button", name="Take the card over").click()
    assert page.locator(".prose h3").inner_text() == "Another card"


def test_without_javascript_a_base_model_is_named(
    world: World, rich: Model, open_as: Open
) -> None:
    page = open_as(world.people["member"], java_script_enabled=False).new_page()
    page.goto(reverse("model", args=[rich.pk]))
    page.locator("summary", has_text="Name a base model").click()
    page.locator("#id_parent").fill("another/base")
    page.get_by_role("button", name="Add").click()
    assert "another/base" in page.locator("main").inner_text()


def test_who_plans_something_alike_appears_while_one_types(world: World, open_as: Open) -> None:
    facts: Any = {"languages": ["de", "en"], "tasks": ["translation"], "modality_out": ["text"]}
    make.make_model(name="Hanse-7B", visibility="public", parameters=7 * 10**9, **facts)
    page = open_as(world.people["member"]).new_page()
    complaints = complaints_of(page)
    page.goto(reverse("model-plan"))
    page.locator("[name=modality_out][value=text]").check()
    for chip in ("de", "en", "translation", "9B"):
        page.get_by_role("button", name=chip, exact=True).first.click()
    page.locator("#id_tokens").fill("4T")
    page.locator("#id_tokens").blur()
    page.locator("#similar-efforts", has_text="Hanse-7B").wait_for()
    assert not Model.objects.filter(parameters=9 * 10**9).exists()
    assert complaints == []


def test_without_javascript_a_button_shows_who_plans_something_alike(
    world: World, open_as: Open
) -> None:
    facts: Any = {"languages": ["de"], "tasks": ["translation"], "modality_out": ["text"]}
    make.make_model(name="Hanse-7B", visibility="public", parameters=7 * 10**9, **facts)
    page = open_as(world.people["member"], java_script_enabled=False).new_page()
    page.goto(reverse("model-plan"))
    page.locator("[name=modality_out][value=text]").check()
    page.locator("#id_languages").fill("de")
    page.locator("#id_tasks").fill("translation")
    page.get_by_role("button", name="Show similar efforts").click()
    assert "Hanse-7B" in page.locator("#similar-efforts").inner_text()
    assert page.locator("#id_languages").input_value() == "de"
