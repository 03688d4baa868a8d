"""Says a comparison in words, German and English: the bars, and what would change them.

Sentences live here and not in the translation catalogue, because explanations are made where no
request is: on the command line, in nightly runs, in stored overlaps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from registry.languages import language_name
from registry.overlap.effort import Effort
from registry.overlap.features import FEATURES, NEUTRAL, UNKNOWN, gap_in_months
from registry.overlap.scorer import NEEDED, Assessment, Kind, Part
from registry.terms import DOMAINS, TASKS, Term

EN: Final = "en"
DE: Final = "de"
SHOWN = 3  # names in one sentence


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence in both languages."""

    en: str
    de: str

    def of(self, language: str) -> str:
        """German for `de…`, English for all others."""
        return self.de if language.startswith(DE) else self.en


TITLES: dict[str, Said] = {
    "modality_out": Said("produces", "erzeugt"),
    "modality_in": Said("takes in", "nimmt auf"),
    "languages": Said("languages", "Sprachen"),
    "tasks": Said("tasks", "Aufgaben"),
    "domains": Said("domain", "Fachgebiet"),
    "size": Said("size", "Größe"),
    "tokens": Said("training tokens", "Trainingstokens"),
    "training": Said("way of training", "Art des Trainings"),
    "time": Said("time", "Zeit"),
    "datasets": Said("datasets", "Datensätze"),
    "licence": Said("licence", "Lizenz"),
    "text": Said("description", "Beschreibung"),
    "organisation": Said("organisations", "Organisationen"),
    "lineage": Said("lineage", "Abstammung"),
}
_UNKNOWN = Said("one of the two does not say", "eines der beiden sagt es nicht")
# (feature, level) → a sentence without facts of its own.
_PLAIN: dict[tuple[str, str], Said] = {
    ("modality_out", "same"): Said("both produce the same", "beide erzeugen dasselbe"),
    ("modality_out", "partly"): Said("produce partly the same", "erzeugen teils dasselbe"),
    ("modality_out", "disjoint"): Said(
        "they produce different things", "sie erzeugen Verschiedenes"
    ),
    ("modality_in", "same"): Said("both take in the same", "beide nehmen dasselbe auf"),
    ("modality_in", "partly"): Said("take in partly the same", "nehmen teils dasselbe auf"),
    ("modality_in", "disjoint"): Said(
        "they take in different things", "sie nehmen Verschiedenes auf"
    ),
    ("languages", NEUTRAL): Said(
        "no languages to differ in", "keine Sprachen, in denen sie sich unterscheiden"
    ),
    ("domains", NEUTRAL): Said("no special domain", "kein besonderes Fachgebiet"),
    ("domains", "one_special"): Said(
        "only one serves a special domain", "nur eines gilt einem Fachgebiet"
    ),
    ("domains", "far"): Said("they serve different domains", "sie gelten verschiedenen Gebieten"),
    ("datasets", "none"): Said("no dataset in common", "kein gemeinsamer Datensatz"),
    ("licence", "alike"): Said("equally open to build on", "gleich offen zum Weiterbauen"),
    ("licence", "differ"): Said(
        "only one is open to build on", "nur auf einem darf man offen weiterbauen"
    ),
    ("text", "very_like"): Said("very like descriptions", "sehr ähnliche Beschreibungen"),
    ("text", "like"): Said("like descriptions", "ähnliche Beschreibungen"),
    ("text", "somewhat_like"): Said(
        "descriptions share some words", "Beschreibungen teilen einige Wörter"
    ),
    ("text", "unlike"): Said("unlike descriptions", "verschiedene Beschreibungen"),
    ("training", "same"): Said("trained in the same way", "auf gleiche Art trainiert"),
    ("organisation", "same_series"): Said(
        "one group's series or sequel", "Reihe oder Fortsetzung derselben Gruppe"
    ),
    ("organisation", "same_group"): Said("the same group", "dieselbe Gruppe"),
    ("organisation", "mostly_same"): Said(
        "mostly the same organisations", "größtenteils dieselben Organisationen"
    ),
    ("organisation", "some_shared"): Said("organisations in common", "gemeinsame Organisationen"),
    ("organisation", "different"): Said("different groups", "verschiedene Gruppen"),
    ("lineage", "successor"): Said(
        "one is declared to follow the other", "eines ist als Nachfolger des anderen erklärt"
    ),
    ("lineage", "looks_descended"): Said(
        "the name says that one builds on the other",
        "der Name sagt, dass eines auf dem anderen aufbaut",
    ),
    ("lineage", "shared_base"): Said(
        "they build on the same base, which is no redundancy",
        "sie bauen auf demselben Modell auf, was keine Doppelarbeit ist",
    ),
    ("lineage", "none"): Said("neither descends from the other", "keines stammt vom anderen ab"),
}
_MODES = {
    "from_scratch": Said("from scratch", "von Grund auf"),
    "continued": Said("continued pretraining", "weitertrainiert"),
    "finetune": Said("finetuned", "feinabgestimmt"),
    "adapter": Said("an adapter", "ein Adapter"),
    "distilled": Said("distilled", "destilliert"),
    "merged": Said("merged", "verschmolzen"),
    "quantized": Said("quantised", "quantisiert"),
    "unknown": Said("not said", "nicht gesagt"),
}
# What a level would mean, for the counterfactual: "… if the languages differed".
_IF: dict[str, tuple[Said, Said]] = {
    "modality_out": (
        Said("they produced different things", "sie Verschiedenes erzeugten"),
        Said("they produced the same", "sie dasselbe erzeugten"),
    ),
    "modality_in": (
        Said("they took in different things", "sie Verschiedenes aufnähmen"),
        Said("they took in the same", "sie dasselbe aufnähmen"),
    ),
    "languages": (
        Said("the languages differed more", "sich die Sprachen stärker unterschieden"),
        Said("they shared more languages", "sie mehr Sprachen teilten"),
    ),
    "tasks": (
        Said("the tasks differed", "sich die Aufgaben unterschieden"),
        Said("the tasks were the same", "die Aufgaben dieselben wären"),
    ),
    "domains": (
        Said("they served different domains", "sie verschiedenen Fachgebieten gälten"),
        Said("they served the same domain", "sie demselben Fachgebiet gälten"),
    ),
    "size": (
        Said("they were of different size classes", "sie verschiedener Größe wären"),
        Said("they were of the same size", "sie gleich groß wären"),
    ),
    "tokens": (
        Said("one trained on far fewer tokens", "eines mit weit weniger Tokens trainierte"),
        Said("they trained on like many tokens", "sie mit ähnlich vielen Tokens trainierten"),
    ),
    "training": (
        Said(
            "one built on an existing model in place of training anew",
            "eines auf einem vorhandenen Modell aufbaute, statt neu zu trainieren",
        ),
        Said("they were trained in the same way", "sie auf gleiche Art trainiert würden"),
    ),
    "time": (
        Said("more time lay between them", "mehr Zeit zwischen ihnen läge"),
        Said("they ran at the same time", "sie zur selben Zeit liefen"),
    ),
    "datasets": (
        Said("they shared no dataset", "sie keinen Datensatz teilten"),
        Said("they shared their datasets", "sie ihre Datensätze teilten"),
    ),
    "licence": (
        Said("only one was open", "nur eines offen wäre"),
        Said("both were equally open", "beide gleich offen wären"),
    ),
    "text": (
        Said("their descriptions were unlike", "ihre Beschreibungen verschieden wären"),
        Said("their descriptions were alike", "ihre Beschreibungen einander glichen"),
    ),
}


def reason(part: Part, a: Effort, b: Effort) -> Said:
    """What a bar of the waterfall stands for, with the facts of the two."""
    if part.level == UNKNOWN:
        return _UNKNOWN
    plain = _PLAIN.get((part.feature, part.level))
    if plain is not None:
        return plain
    return _WITH_FACTS[part.feature](a, b)


def counterfactual(found: Assessment) -> Said | None:
    """What single change would bring the pair across the line; None if none would."""
    part = found.counterfactual
    if part is None:
        return None
    level = next(old.level for old in found.parts if old.feature == part.feature)
    order = next(feature.levels for feature in FEATURES if feature.name == part.feature)
    is_nearer = level == UNKNOWN and not found.is_flagged
    if level in order:
        is_nearer = order.index(part.level) > order.index(level)
    change = _IF[part.feature][is_nearer]
    if found.is_flagged:
        return Said(
            f"Would fall below the line if {change.en}.",
            f"Läge unter der Linie, wenn {change.de}.",
        )
    return Said(
        f"Would rise above the line if {change.en}.", f"Läge über der Linie, wenn {change.de}."
    )


def missing(found: Assessment) -> tuple[str, ...]:
    """Which of the facts that a comparison needs are not known of both."""
    levels = {part.feature: part.level for part in found.parts}
    return tuple(name for name in NEEDED if levels.get(name) == UNKNOWN)


def alike(found: Assessment) -> tuple[int, int]:
    """In how many facts the two agree at the nearest level, of how many that both tell."""
    levels = {part.feature: part.level for part in found.parts}
    told = [
        (feature, levels[feature.name])
        for feature in FEATURES
        if feature.is_agreement and levels.get(feature.name, UNKNOWN) not in (UNKNOWN, NEUTRAL)
    ]
    return sum(level in feature.levels[-2:] for feature, level in told), len(told)


def summary(kind: Kind) -> Said:
    """What a class is called on screens."""
    return _KINDS[kind]


_KINDS = {
    Kind.DUPLICATE: Said("same goal and scale in parallel", "gleiches Ziel und Ausmaß, parallel"),
    Kind.OVERLAP: Said("substantial overlap", "erhebliche Überschneidung"),
    Kind.REUSE_CANDIDATE: Said("could be built on", "darauf ließe sich aufbauen"),
    Kind.RELATED: Said("related", "verwandt"),
    Kind.LINEAGE: Said("one builds on the other", "eines baut auf dem anderen auf"),
    Kind.UNRELATED: Said("unrelated", "ohne Zusammenhang"),
    Kind.NOT_ENOUGH: Said("not enough information", "zu wenige Angaben"),
}


def _languages(a: Effort, b: Effort) -> Said:
    shared, all_of = a.spoken & b.spoken, a.spoken | b.spoken
    if not shared:
        return Said("no language in common", "keine gemeinsame Sprache")
    if shared == all_of:
        names = [_names(shared, language) for language in (EN, DE)]
        if len(shared) > SHOWN:
            return Said(f"the same {len(shared)} languages", f"dieselben {len(shared)} Sprachen")
        return Said(f"both {names[0]}", f"beide {names[1]}")
    if len(shared) <= SHOWN:
        return Said(
            f"{_names(shared, EN)} in common, of {len(all_of)} languages",
            f"{_names(shared, DE)} gemeinsam, von {len(all_of)} Sprachen",
        )
    return Said(
        f"{len(shared)} of {len(all_of)} languages in common",
        f"{len(shared)} von {len(all_of)} Sprachen gemeinsam",
    )


def _names(codes: Iterable[str], language: str) -> str:
    return ", ".join(sorted(language_name(code, language) for code in codes))


def _tasks(a: Effort, b: Effort) -> Said:
    shared = a.tasks & b.tasks
    if shared:
        return Said(
            f"tasks in common: {_terms(shared, TASKS, EN)}",
            f"gemeinsame Aufgaben: {_terms(shared, TASKS, DE)}",
        )
    return Said(
        f"{_terms(a.tasks, TASKS, EN)} against {_terms(b.tasks, TASKS, EN)}",
        f"{_terms(a.tasks, TASKS, DE)} gegen {_terms(b.tasks, TASKS, DE)}",
    )


def _domains(a: Effort, b: Effort) -> Said:
    shared = a.wider_domains & b.wider_domains
    return Said(
        f"domain in common: {_terms(shared, DOMAINS, EN)}",
        f"gemeinsames Fachgebiet: {_terms(shared, DOMAINS, DE)}",
    )


def _terms(words: Iterable[str], table: dict[str, Term], language: str) -> str:
    known = [table[word].label(language) if word in table else word for word in sorted(words)]
    return ", ".join(known[:SHOWN]) + (" …" if len(known) > SHOWN else "")


def _size(a: Effort, b: Effort) -> Said:
    pair = [_short(x.parameters) for x in (a, b)]
    return Said(
        f"{pair[0]} against {pair[1]} parameters",
        f"{_german(pair[0])} gegen {_german(pair[1])} Parameter",
    )


def _tokens(a: Effort, b: Effort) -> Said:
    pair = [_short(x.tokens) for x in (a, b)]
    return Said(
        f"{pair[0]} against {pair[1]} tokens",
        f"{_german(pair[0])} gegen {_german(pair[1])} Tokens",
    )


def _short(value: int | None) -> str:
    for unit, sign in ((10**12, "T"), (10**9, "B"), (10**6, "M")):
        if value and value >= unit:
            return f"{value / unit:.3g} {sign}"
    return str(value or "?")


def _german(short: str) -> str:
    names = {"T": "Bio.", "B": "Mrd.", "M": "Mio."}
    number, _, sign = short.partition(" ")
    return f"{number.replace('.', ',')} {names.get(sign, '')}".strip()


def _training(a: Effort, b: Effort) -> Said:
    mine, theirs = (_MODES.get(x.training_mode, _MODES["unknown"]) for x in (a, b))
    return Said(f"{mine.en} against {theirs.en}", f"{mine.de} gegen {theirs.de}")


def _time(a: Effort, b: Effort) -> Said:
    months = round(gap_in_months(a, b) or 0)
    if months < 1:
        return Said("at the same time", "zur selben Zeit")
    return Said(
        f"{months} month{'s' * (months > 1)} apart", f"{months} Monat{'e' * (months > 1)} Abstand"
    )


def _datasets(a: Effort, b: Effort) -> Said:
    shared = sorted(a.datasets & b.datasets)
    names = ", ".join(shared[:SHOWN]) + (" …" if len(shared) > SHOWN else "")
    return Said(f"datasets in common: {names}", f"gemeinsame Datensätze: {names}")


def _descent(a: Effort, b: Effort) -> Said:
    child, parent = (a, b) if b.key in a.ancestors else (b, a)
    names = child.name, parent.name
    return Said(f"{names[0]} derives from {names[1]}", f"{names[0]} stammt von {names[1]} ab")


_WITH_FACTS = {
    "languages": _languages,
    "tasks": _tasks,
    "domains": _domains,
    "size": _size,
    "tokens": _tokens,
    "training": _training,
    "time": _time,
    "datasets": _datasets,
    "lineage": _descent,
}
