"""A record as lines for a page or a file. Small numbers are not told. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.document import number_in_words
from reports.metrics.definitions import definition_of

from .definitions import FEWEST, MEASURES, Record

TOO_FEW = "too few to say"
NOT_TOLD = "not told"
NOTE = (
    f"Counts from 1 to {FEWEST - 1}, shares of fewer than {FEWEST} and parts of such counts are '{TOO_FEW}': a handful says more about chance than "
    f"about anybody. Where one would come out by subtraction, it, another one and their share are '{NOT_TOLD}'. No figure here ranks people, and none is a target."
)
# What a line says, the value it is of, and the number that a share or a part has to be large enough by; shares are percents.
LINES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "alerts_received": (
        ("Alerts", "count", ""),
        ("of them at night", "at_night", "count"),
        ("of them at a weekend", "at_weekend", "count"),
        ("Most open at once", "at_once", "count"),
        ("Share of everybody's alerts", "share", "count"),
        ("Usual in the same team (median)", "usual", ""),
    ),
    "alerts_answered": (
        ("Answered in time", "answered", ""),
        ("Went on to the next person or level", "passed_on", ""),
        ("Answered by somebody else, or no longer needed", "spared", ""),
        ("Still waiting", "open", ""),
        ("Share answered, of those that needed an answer", "share", "asked"),
    ),
    "hand_offs_given": (("To give", "count", ""), ("signed by both sides", "signed", ""), ("own signature missing", "unsigned", "")),
    "hand_offs_accepted": (("To take", "count", ""), ("signed by both sides", "signed", ""), ("own signature missing", "unsigned", "")),
    "drills": (("Asked to take part", "asked", ""), ("Agreed to take part", "agreed", "")),
    "reviews_done": (
        ("All", "count", ""),
        ("Drafts of policies decided on", "approvals", ""),
        ("Reviews of policies signed", "policy_reviews", ""),
        ("Entries of the audit trail judged", "log_entries", ""),
        ("Questions of access reviews answered", "access_answers", ""),
    ),
    "knowledge": (
        ("Policies to know", "owed", ""),
        ("accepted in the version in force", "accepted", ""),
        ("overdue", "overdue", ""),
        ("Trainings in the quarter", "trained", ""),
    ),
}
# Numbers that are parts of another one, which is told as well: all of them together, or no more than it.
PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "alerts_answered": ("all", ("answered", "passed_on", "spared", "open")),
    "hand_offs_given": ("count", ("signed", "unsigned")),
    "hand_offs_accepted": ("count", ("signed", "unsigned")),
    "drills": ("asked", ("agreed",)),
    "reviews_done": ("count", ("approvals", "policy_reviews", "log_entries", "access_answers")),
}
# What somebody owes is theirs to put right, however little it is; the rest is told from a number on.
ALWAYS_TOLD = {("knowledge", name) for name in ("owed", "accepted", "overdue", "trained")}


@dataclass(frozen=True, slots=True)
class Line:
    """`value` is None where it is not told; `text` is always for people."""

    words: str
    text: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Part:
    """A figure with its definition and its lines."""

    name: str
    title: str
    definition: str
    lines: tuple[Line, ...]


def parts_of(record: Record, *, without: tuple[str, ...] = ()) -> list[Part]:
    """Every figure; lines named in `without` are left out."""
    return [
        Part(
            function.__name__,
            title,
            definition_of(function),
            tuple(
                _line(function.__name__, line, found, hidden)
                for line in LINES[function.__name__]
                if f"{function.__name__}.{line[1]}" not in without
            ),
        )
        for function, title, _ in MEASURES
        for found in [function(record)]
        for hidden in [kept_back(function.__name__, found)]
    ]


def kept_back(figure: str, found: Mapping[str, Any]) -> dict[str, str]:
    """The parts of a number that are not told, by name, with the words that stand there instead.

    Of a handful no part is told, not even that it is none. Else a part of a few is joined by the smallest other ones that are not, until each
    could be more than one number, whatever is told beside them.
    """
    base, names = PARTS.get(figure, ("", ()))
    parts = {name: int(found.get(name) or 0) for name in names}
    whole = int(found.get(base, sum(parts.values())))
    if 0 < whole < FEWEST:
        return dict.fromkeys(parts, TOO_FEW)
    hidden = {name for name, value in parts.items() if 0 < value < FEWEST}
    others = sorted((value, name) for name, value in parts.items() if value >= FEWEST)
    while hidden and others and (len(hidden) == 1 or whole - sum(parts[name] for name in parts.keys() - hidden) <= len(hidden)):
        hidden.add(others.pop(0)[1])
    return dict.fromkeys(hidden, TOO_FEW if len(hidden) == 1 else NOT_TOLD)


def _line(figure: str, line: tuple[str, str, str], found: dict[str, Any], hidden: Mapping[str, str]) -> Line:
    words, name, base = line
    if name in hidden:
        return Line(words, hidden[name], None)
    if name == "share" and {"answered", "passed_on"} & hidden.keys() and found[base] >= FEWEST:
        return Line(words, NOT_TOLD, None)
    value = found.get(name, 0)
    is_part = bool(base)
    if value is None or (is_part and 0 < found[base] < FEWEST):
        return Line(words, "nothing to compare with" if name == "usual" else TOO_FEW if is_part and found[base] else "none", None)
    if name == "share":
        return Line(words, f"{number_in_words(value)} %" if found[base] else "none", value)
    if 0 < value < FEWEST and name not in {"at_once", "usual"} and (figure, name) not in ALWAYS_TOLD:
        return Line(words, TOO_FEW, None)
    return Line(words, number_in_words(value) if value else "none", value)
