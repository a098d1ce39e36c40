"""What changed: this quarter's figures beside those of the quarter before, and one statement of a quarter beside another. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.document import Kind, duration_in_words, number_in_words
from reports.metrics.definitions import COVERAGE, METRICS

# What a page compares; the median stands for a time.
MEDIAN = "p50"
COMPARED = tuple((function.__name__, title) for function, title, _ in (*METRICS, *COVERAGE))


@dataclass(frozen=True, slots=True)
class Change:
    """One figure then and now, in words; `key` names it."""

    key: str
    title: str
    now: str
    before: str
    words: str


def compared(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[Change]:
    """Every figure that is one number, or a time of which the median counts, in the order of the pack."""
    found = []
    for key, title in COMPARED:
        then, (value, kind) = _value(before.get(key)), (_value(now.get(key)), _kind(now.get(key)))
        if kind is None:
            continue
        name = f"{title}, median" if kind is Kind.DURATION else title
        found.append(change_of(key, name, value, then, kind))
    return found


def change_of(key: str, title: str, now: float | None, before: float | None, kind: Kind) -> Change:
    """One figure then and now."""
    return Change(key, title, _told(now, kind), _told(before, kind), difference_in_words(now, before, kind))


def different(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[Change]:
    """Only those that are another."""
    return [change for change in compared(now, before) if change.now != change.before]


def difference_in_words(now: float | None, before: float | None, kind: Kind) -> str:
    """'12 more', '1 h 20 min less', 'the same'; nothing where one of both is missing."""
    if now is None or before is None:
        return "" if now is before else "not comparable"
    if now == before:
        return "the same"
    if _told(now, kind) == _told(before, kind):
        return "about the same"
    return f"{_told(abs(now - before), kind)} {'more' if now > before else 'less'}"


def lists_compared(now: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], *, name: str, by: str) -> list[str]:
    """Sentences on rows of a manifest that came, went or say something else: 'Finding added: …'. `by` names what stays of a row."""
    old, new = ({str(row[by]): row for row in rows} for rows in (before, now))
    told = [f"{name} added: “{row['title']}”." for key, row in new.items() if key not in old]
    told += [f"{name} left out: “{row['title']}”." for key, row in old.items() if key not in new]
    for key in new.keys() & old.keys():
        parts = sorted(part for part in new[key] if part != by and new[key][part] != old[key].get(part))
        if parts:
            told.append(f"{name} changed: “{new[key]['title']}” ({', '.join(parts)}).")
    return sorted(told)


def _value(of: Any) -> float | None:
    if isinstance(of, Mapping):
        of = of.get(MEDIAN)
    return None if of is None or isinstance(of, str | list) else float(of)


def _kind(of: Any) -> Kind | None:
    """None for what is no single figure."""
    if isinstance(of, Mapping):
        return Kind.DURATION if MEDIAN in of else None
    return Kind.NUMBER if isinstance(of, int | float) else None


def _told(value: float | None, kind: Kind) -> str:
    if value is None:
        return "–"
    return duration_in_words(value) if kind is Kind.DURATION else number_in_words(value)
