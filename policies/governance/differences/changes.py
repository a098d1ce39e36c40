"""One change, and how two rules of a kind are held against each other field by field."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from portal.foundation import words

T = TypeVar("T")
K = TypeVar("K")
NONE = "none"

# The sections, named as policies.decisions.scopes names the parts of the rules.
TECHNICAL, STAKEHOLDER, COMPLIANCE = "Technical track", "Stakeholder track", "Compliance track"
CRITERIA, MEASURES, BUSINESS, MATRIX = "Severity criteria", "Measures of our own", "Business impact", "Priority matrix"
EXCEPTIONS, MESSAGES, ANNOUNCEMENTS = "Exception rules", "Messages", "Announcements"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changes. `place` is the rule, `field` what of it; `before` or `after` is empty where nothing stood or stands.

    `words` says all of it in one sentence.
    """

    section: str
    place: str
    field: str
    before: str
    after: str
    words: str


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """A field of a kind of rule: what of it counts, and how it is said ('' for nothing). `sentence` gets the place, before and after."""

    label: str
    counts: Callable[[T], Hashable]
    said: Callable[[T], str]
    sentence: Callable[[str, T, T], str] | None = None

    def between(self, section: str, place: str, before: T, after: T) -> Iterator[Change]:
        """The change of this field, if it changed."""
        if self.counts(before) == self.counts(after):
            return
        was, now = self.said(before), self.said(after)
        told = self.sentence(place, before, after) if self.sentence else f"{place}: {self.label} {now or NONE} instead of {was or NONE}."
        yield Change(section, place, self.label, was, now, told)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of rule: its fields, and how a rule that comes or goes is told. `place` names it, with a capital letter."""

    section: str
    place: Callable[[T], str]
    fields: tuple[Field[T], ...]

    def described(self, rule: T, leaving_out: Iterable[str] = ()) -> str:
        """'severity SEV2 major; start level 1': every field that says something."""
        kept = [field for field in self.fields if field.label not in set(leaving_out)]
        return "; ".join(f"{field.label} {field.said(rule)}" for field in kept if field.said(rule))

    def added(self, rule: T, told: str = "") -> Change:
        said = self.described(rule)
        return Change(self.section, self.place(rule), "added", "", said, told or f"{self.place(rule)} added: {said}.")

    def removed(self, rule: T, told: str = "") -> Change:
        said = self.described(rule)
        return Change(self.section, self.place(rule), "removed", said, "", told or f"{self.place(rule)} removed. It was: {said}.")

    def changed(self, before: T, after: T) -> Iterator[Change]:
        for field in self.fields:
            yield from field.between(self.section, self.place(after), before, after)

    def between(self, before: Mapping[K, T], after: Mapping[K, T]) -> Iterator[Change]:
        """What changes from the rules `before` to those `after`, by the key they are known by: in the order before, new ones last."""
        for key in both(before, after):
            if key not in before:
                yield self.added(after[key])
            elif key not in after:
                yield self.removed(before[key])
            else:
                yield from self.changed(before[key], after[key])


def both(before: Mapping[K, T], after: Mapping[K, T]) -> list[K]:
    """The keys of either, those of `before` first, each once."""
    return [*before, *(key for key in after if key not in before)]


def duration(value: timedelta | None) -> str:
    """'15 min'; '' for none."""
    return "" if value is None else words.duration(value)


def moved(before: timedelta, after: timedelta, up: str = "raised", down: str = "lowered") -> str:
    """'raised from 10 min to 15 min'."""
    return f"{up if after > before else down} from {words.duration(before)} to {words.duration(after)}"
