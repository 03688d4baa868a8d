"""What two efforts agree in: each feature as one of a few levels, ordered from far to near."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from registry.licences import Duty, Family, read_licence
from registry.overlap.effort import TRAINED, Effort
from registry.overlap.text import likeness

UNKNOWN: Final = "unknown"  # one of the two does not say
NEUTRAL: Final = "neutral"  # the feature says nothing about this kind of model

DAYS_A_MONTH = 30.44
ENGLISH_WEIGHT = 0.25  # nearly every model has some English; it says little
ANY_SHARE = 1e-9  # the least that is shared at all, of lists however long
OPEN_FAMILIES = {Family.PERMISSIVE, Family.COPYLEFT, Family.RAIL, Family.COMMUNITY}


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing to compare: its levels from the farthest to the nearest, and how to tell them.

    `besides` are levels without a place in that order. `is_agreement` is false for what says how
    the efforts are kin instead of what they share.
    """

    name: str
    levels: tuple[str, ...]
    level_of: Callable[[Effort, Effort], str]
    besides: tuple[str, ...] = (UNKNOWN,)
    is_agreement: bool = True


def _steps(value: float, steps: Iterable[tuple[float, str]], last: str) -> str:
    """The first level whose bound the value reaches."""
    for bound, level in steps:
        if value >= bound:
            return level
    return last


def modality_out(a: Effort, b: Effort) -> str:
    """What they produce."""
    return _shared(a.modality_out, b.modality_out)


def modality_in(a: Effort, b: Effort) -> str:
    """What they take in."""
    return _shared(a.modality_in, b.modality_in)


def languages(a: Effort, b: Effort) -> str:
    """Jaccard index of the languages, with English at a quarter of another's weight."""
    if not a.spoken or not b.spoken:
        return UNKNOWN if _languages_matter(a, b) else NEUTRAL
    shared = _weight(a.spoken & b.spoken)
    share = shared / (_weight(a.spoken) + _weight(b.spoken) - shared)
    steps = [(0.85, "same"), (0.55, "most"), (0.35, "half"), (0.12, "some"), (ANY_SHARE, "few")]
    return _steps(share, steps, "none")


def tasks(a: Effort, b: Effort) -> str:
    """How near each task of one is to the nearest of the other, in the tree of tasks."""
    if not a.tasks or not b.tasks:
        return UNKNOWN
    nearness = (_nearness(a, b) + _nearness(b, a)) / 2
    return _steps(nearness, [(0.85, "same"), (0.6, "near"), (0.3, "related")], "far")


def domains(a: Effort, b: Effort) -> str:
    """Whether they serve the same field."""
    mine, theirs = a.wider_domains, b.wider_domains
    if not mine and not theirs:
        return NEUTRAL
    if not mine or not theirs:
        return "one_special"
    share = len(mine & theirs) / len(mine | theirs)
    return _steps(share, [(0.5, "same"), (ANY_SHARE, "near")], "far")


def size(a: Effort, b: Effort) -> str:
    """The ratio of the parameters, the larger by the smaller."""
    if not a.parameters or not b.parameters:
        return UNKNOWN
    ratio = _ratio(a.parameters, b.parameters)
    steps = [(-1.4, "same"), (-2.1, "near"), (-4.2, "class_apart"), (-8.5, "two_classes_apart")]
    return _steps(-ratio, steps, "far")


def tokens(a: Effort, b: Effort) -> str:
    """The ratio of the training tokens, the larger by the smaller."""
    if not a.tokens or not b.tokens:
        return UNKNOWN
    return _steps(-_ratio(a.tokens, b.tokens), [(-3.3, "near"), (-12, "apart")], "far")


def training(a: Effort, b: Effort) -> str:
    """From scratch, continued, tuned, or merged and copied: how many steps the ways lie apart."""
    mine, theirs = TRAINED.get(a.training_mode), TRAINED.get(b.training_mode)
    if mine is None or theirs is None:
        return UNKNOWN
    return ("same", "one_step_apart", "two_steps_apart", "three_steps_apart")[abs(mine - theirs)]


def time(a: Effort, b: Effort) -> str:
    """The months between the two windows; none if they overlap."""
    months = gap_in_months(a, b)
    if months is None:
        return UNKNOWN
    steps = [(-3.5, "together"), (-6.6, "near"), (-14.5, "a_year"), (-26.5, "two_years")]
    return _steps(-months, [*steps, (-50.0, "four_years")], "far")


def datasets(a: Effort, b: Effort) -> str:
    """How much of the smaller list of datasets stands in the larger."""
    if not a.datasets or not b.datasets:
        return UNKNOWN
    share = len(a.datasets & b.datasets) / min(len(a.datasets), len(b.datasets))
    return _steps(share, [(0.5, "most"), (ANY_SHARE, "some")], "none")


def licence(a: Effort, b: Effort) -> str:
    """Whether both are open to build on."""
    mine, theirs = _openness(a.licence), _openness(b.licence)
    if mine is None or theirs is None:
        return UNKNOWN
    return "alike" if mine == theirs else "differ"


def text(a: Effort, b: Effort) -> str:
    """How alike titles, purposes and abstracts are, German ones in English."""
    if not a.text or not b.text:
        return UNKNOWN
    steps = [(0.5, "very_like"), (0.25, "like"), (0.1, "somewhat_like")]
    return _steps(likeness(a.text, b.text), steps, "unlike")


def lineage(a: Effort, b: Effort) -> str:
    """Whether one descends from the other or is declared to follow it."""
    if a.key in b.ancestors or b.key in a.ancestors:
        return "descends"
    if a.key in b.successors or b.key in a.successors:
        return "successor"
    if _looks_descended(a, b):
        return "looks_descended"
    return "shared_base" if a.ancestors & b.ancestors else "none"


def organisation(a: Effort, b: Effort) -> str:
    """Whether the same people are behind both: then it is a series or a sequel."""
    if a.group and a.group == b.group:
        return "same_series" if _are_of_a_series(a, b) else "same_group"
    shared = len(a.partners & b.partners)
    if not a.partners or not b.partners:
        return UNKNOWN
    if not shared:
        return "different"
    if len(a.partners | b.partners) == 1 and a.group and b.group:
        return "some_shared"  # two groups of one large organisation
    if 2 * shared >= len(a.partners | b.partners):
        return "same_series" if _are_of_a_series(a, b) else "mostly_same"
    return "some_shared"


FEATURES: tuple[Feature, ...] = (
    Feature("modality_out", ("disjoint", "partly", "same"), modality_out),
    Feature("modality_in", ("disjoint", "partly", "same"), modality_in),
    Feature(
        "languages", ("none", "few", "some", "half", "most", "same"), languages, (UNKNOWN, NEUTRAL)
    ),
    Feature("tasks", ("far", "related", "near", "same"), tasks),
    Feature("domains", ("far", "one_special", "near", "same"), domains, (NEUTRAL,)),
    Feature("size", ("far", "two_classes_apart", "class_apart", "near", "same"), size),
    Feature("tokens", ("far", "apart", "near"), tokens),
    Feature(
        "training",
        ("three_steps_apart", "two_steps_apart", "one_step_apart", "same"),
        training,
    ),
    Feature("time", ("far", "four_years", "two_years", "a_year", "near", "together"), time),
    Feature("datasets", ("none", "some", "most"), datasets),
    Feature("licence", ("differ", "alike"), licence),
    Feature("text", ("unlike", "somewhat_like", "like", "very_like"), text),
    Feature(
        "organisation",
        ("same_series", "same_group", "mostly_same", "some_shared", "different"),
        organisation,
        is_agreement=False,
    ),
    Feature(
        "lineage",
        ("descends", "successor", "looks_descended", "shared_base", "none"),
        lineage,
        (),
        is_agreement=False,
    ),
)


def levels_of(a: Effort, b: Effort, *, without: frozenset[str] = frozenset()) -> dict[str, str]:
    """The level of each feature; `without` leaves features out."""
    return {f.name: f.level_of(a, b) for f in FEATURES if f.name not in without}


def gap_in_months(a: Effort, b: Effort) -> float | None:
    """Months between the nearest days of two windows, 0 if they overlap; None if one is open."""
    mine, theirs = a.window, b.window
    if mine is None or theirs is None:
        return None
    days = max((theirs[0] - mine[1]).days, (mine[0] - theirs[1]).days, 0)
    return days / DAYS_A_MONTH


def _languages_matter(a: Effort, b: Effort) -> bool:
    """Not if both work without language; nor if they produce different things anyway.

    One that works with language is enough: else agreeing with it in what is taken in or produced
    would turn "does not matter" into "not known", and count against redundancy.
    """
    return modality_out(a, b) != "disjoint" and (a.has_language or b.has_language)


def _shared(a: frozenset[str], b: frozenset[str]) -> str:
    if not a or not b:
        return UNKNOWN
    if a == b:
        return "same"
    return "partly" if a & b else "disjoint"


def _weight(languages: frozenset[str]) -> float:
    return len(languages) - (1 - ENGLISH_WEIGHT) * ("en" in languages)


def _nearness(a: Effort, b: Effort) -> float:
    total = 0.0
    for word, wider in a.wider_tasks.items():
        if word in b.tasks:
            total += 1
        elif any(wider & other for other in b.wider_tasks.values()):
            total += 0.5
    return total / len(a.tasks)


def _ratio(a: int, b: int) -> float:
    return max(a, b) / min(a, b)


@lru_cache(maxsize=4096)
def _openness(written: str) -> bool | None:
    if not written:
        return None
    found = read_licence(written)
    if found.family is Family.UNKNOWN:
        return None
    return found.family in OPEN_FAMILIES and Duty.NON_COMMERCIAL not in found.duties


def _are_of_a_series(a: Effort, b: Effort) -> bool:
    return bool(a.name_parts & b.name_parts)


def _looks_descended(a: Effort, b: Effort) -> bool:
    """A name that holds the other's name, trained in a cheaper way: its edge may be missing.

    Sizes are left out on purpose: agreeing in them must never count against redundancy.
    """
    mine, theirs = TRAINED.get(a.training_mode), TRAINED.get(b.training_mode)
    if mine is None or theirs is None or mine == theirs:
        return False
    cheaper, base = (a, b) if mine < theirs else (b, a)
    return bool(base.name_parts) and base.name_parts <= cheaper.name_parts
