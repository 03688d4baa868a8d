"""The AI Act's compute thresholds, with every step of the arithmetic; no legal advice.

Sources: Regulation (EU) 2024/1689, Articles 51(2) and 3(63), and the Commission's guidelines on
general-purpose AI models of July 2025: about 1e23 FLOP with language, image or video generation
indicates a general-purpose model; more than 1e25 FLOP presumes systemic risk; who modifies a
model with more than a third of its training compute becomes a provider (a third of 1e23, or of
1e25 for a model with systemic risk, where the original compute is not known).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from registry.vocabulary import Modality

GENERAL_PURPOSE = Decimal("1e23")
SYSTEMIC = Decimal("1e25")
GENERATED = frozenset({Modality.TEXT, Modality.CODE, Modality.IMAGE, Modality.VIDEO})


@dataclass(frozen=True, slots=True)
class Compute:
    """Training compute in FLOP and how it was arrived at: a figure, or 6·N·D."""

    flop: Decimal | None
    parameters: int | None = None
    tokens: int | None = None
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the thresholds say, and the numbers behind it."""

    own: Compute
    with_ancestors: Decimal | None
    generates: bool
    indicates_general_purpose: bool | None  # None: compute or what it produces is not known
    presumes_systemic_risk: bool | None
    modifies: str  # the base model's name, "" if it is made from scratch
    modifier_threshold: Decimal | None  # FLOP beyond which a third party becomes a provider
    makes_modifier_a_provider: bool | None


def training_compute(
    flop: Decimal | None, parameters: int | None, active: int | None, tokens: int | None
) -> Compute:
    """The figure if there is one, else 6·N·D with the active parameters of a mixture.

    The formula counts a forward and backward pass of a dense transformer (Kaplan et al. 2020,
    arXiv:2001.08361, section 2.1): parameters × tokens × 6 FLOP.
    """
    counted = active or parameters
    if flop is not None:
        return Compute(flop, counted, tokens)
    if counted is None or tokens is None:
        return Compute(None, counted, tokens)
    return Compute(Decimal(6) * counted * tokens, counted, tokens, is_estimate=True)


def assess(
    own: Compute,
    modality_out: Iterable[str],
    *,
    base_name: str = "",
    base: Decimal | None = None,
    above: Iterable[Decimal] = (),
    is_third_party: bool = False,
    is_partial: bool = False,
) -> Assessment:
    """Hold a model's compute against the thresholds.

    `base` is the training compute of the model it modifies, `above` that of every ancestor, each
    once, in FLOP; `is_partial` says that there are ancestors besides, so that what is not beyond a
    threshold may be. A threshold counts as crossed only beyond it.
    """
    words = set(modality_out)
    total = None if own.flop is None else own.flop + sum(above, Decimal(0))
    threshold = _modifier_threshold(base) if base_name and is_third_party else None
    return Assessment(
        own=own,
        with_ancestors=total,
        generates=bool(words & GENERATED),
        indicates_general_purpose=_beyond(total, GENERAL_PURPOSE, words, is_partial),
        presumes_systemic_risk=_beyond(total, SYSTEMIC, words, is_partial),
        modifies=base_name,
        modifier_threshold=threshold,
        makes_modifier_a_provider=(
            None if threshold is None or own.flop is None else own.flop > threshold
        ),
    )


def _modifier_threshold(base: Decimal | None) -> Decimal:
    return (base if base is not None else GENERAL_PURPOSE) / 3


def _beyond(
    total: Decimal | None, threshold: Decimal, words: set[str], is_partial: bool
) -> bool | None:
    if words and not words & GENERATED:
        return False
    if total is None or not words:
        return None
    if total > threshold:
        return True
    return None if is_partial else False
