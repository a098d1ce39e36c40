"""What is handed to the reviewer: one finding, its numbers and its words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.document import duration_in_words, number_in_words


@dataclass(frozen=True, slots=True)
class Effect:
    """How much worse. `name` says of what: 'difference of shares' (0.2: twenty points) or 'pace' (0.5: half as fast); 95 % interval."""

    name: str
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        if self.name == "pace":
            return f"{self.value:.2f} times the pace ({self.low:.2f} to {self.high:.2f})"
        if self.name == "times as many":
            return f"{self.value:.1f} times as many ({self.low:.1f} to {self.high:.1f})"
        if self.name == "seconds longer":
            return f"{_long(self.value)} longer ({_long(self.low)} to {_long(self.high)})"
        return f"{_points(self.value)} points more ({_points(self.low)} to {_points(self.high)})"


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure. `chance`: of this or more if there were no difference; `rate`: the share of false ones among findings called up to here.

    `words`: 'high' below one in a thousand, 'good' below one in a hundred, else 'fair'; by the rate.
    """

    chance: float
    rate: float
    words: str

    def __str__(self) -> str:
        return f"{self.words}: this or more by chance in {rarely(self.chance)} quarters"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One thing that stands out. `key` is the same in every run and quarter that finds it.

    `part` is what it was found in, by its dimension; `against` what it was compared with. `cases` were compared, and `incidents` are the
    numbers of those behind it, the worst first, at most a hundred of `of_incidents`. `minutes` is the harm that `rank` 1 has most of.
    `also` are sentences on what was found of the same part, or of parts that this one explains.
    """

    key: str
    kind: str
    measure: str
    dimension: str
    part: str
    against: str
    headline: str
    sentence: str
    effect: Effect
    confidence: Confidence
    cases: int
    incidents: tuple[str, ...]
    of_incidents: int
    minutes: float
    rank: int
    also: tuple[str, ...] = ()

    def as_content(self) -> Mapping[str, Any]:
        """For JSON; numbers rounded so that another machine writes the same ones."""
        return {
            "key": self.key, "rank": self.rank, "kind": self.kind, "measure": self.measure, "dimension": self.dimension, "part": self.part,
            "against": self.against, "headline": self.headline, "sentence": self.sentence, "also": list(self.also),
            "effect": {
                "name": self.effect.name,
                **{name: round(getattr(self.effect, name), 4) for name in ("value", "low", "high")},
            },
            "confidence": {
                "chance": float(f"{self.confidence.chance:.2g}"),
                "rate": float(f"{self.confidence.rate:.2g}"),
                "words": self.confidence.words,
            },
            "minutes": round(self.minutes), "cases": self.cases, "of_incidents": self.of_incidents, "incidents": list(self.incidents),
        }  # fmt: skip


def rarely(chance: float) -> str:
    """Such as 'fewer than 1 of 1,000'."""
    for of in (1_000_000, 100_000, 10_000, 1_000, 100):
        if chance < 1 / of:
            return f"fewer than 1 of {of:,}"
    return f"{number_in_words(round(100 * chance, 1))} of 100"


def _long(seconds: float) -> str:
    return duration_in_words(max(0.0, seconds))


def _points(share: float) -> str:
    return number_in_words(round(100 * share, 1))
