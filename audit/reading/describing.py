"""Filters in words: a chip for each, and all of them as one sentence. Pure; what people and things are called is handed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from .filters import THE_PORTAL, Filters

At = Callable[[datetime], str]
MANY_AND = " or "


@dataclass(frozen=True, slots=True)
class Names:
    """What keys are called. What is missing is told by its key. `moment` writes a time as its reader needs it."""

    people: Mapping[str, str]
    kinds: Mapping[str, str]
    objects: Mapping[str, str]
    moment: At

    def person(self, key: str) -> str:
        return "the portal itself" if key == THE_PORTAL else self.people.get(key, f"account {key}")

    def kind(self, label: str) -> str:
        return self.kinds.get(label, label)

    def thing(self, key: str) -> str:
        return self.objects.get(key) or f"{self.kind(key.partition(':')[0])} {key.partition(':')[2]}"


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in words, and what is taken off with it."""

    words: str
    without: Filters


def type_words(event_type: str) -> str:
    """'incident: acknowledged'; 'escalation: anything' of a family."""
    family, _, verb = event_type.partition(".")
    return f"{_plain(family)}: {'anything' if verb == '*' else _plain(verb)}" if verb else _plain(family)


def chips(filters: Filters, names: Names) -> list[Chip]:
    """A chip for each value, in the order in which a sentence names them."""
    found = [Chip(f"by {names.person(key)}", filters.without("person", key)) for key in filters.person]
    found += [Chip(type_words(name), filters.without("type", name)) for name in filters.type]
    found += [Chip(f"about {_many(names.kind(label))}", filters.without("kind", label)) for label in filters.kind]
    found += [Chip(f"about {names.thing(key)}", filters.without("object", key)) for key in filters.object]
    found += [Chip(f"by way of {_plain(channel)}", filters.without("channel", channel)) for channel in filters.channel]
    found += [Chip(f"that was {outcome}", filters.without("outcome", outcome)) for outcome in filters.outcome]
    found += [Chip(words, filters.without(part)) for part, words in _single(filters, names)]
    return found


def sentence(filters: Filters, names: Names) -> str:
    """'By Ana Ruiz, about thresholds, since 1 Mar 2026, 00:00 CET'; 'Everything' without a filter."""
    parts: list[str] = []
    if filters.person:
        parts.append("by " + MANY_AND.join(map(names.person, filters.person)))
    if filters.type:
        parts.append(MANY_AND.join(map(type_words, filters.type)))
    if filters.kind or filters.object:
        about = [*(_many(names.kind(label)) for label in filters.kind), *map(names.thing, filters.object)]
        parts.append("about " + MANY_AND.join(about))
    if filters.channel:
        parts.append("by way of " + MANY_AND.join(map(_plain, filters.channel)))
    if filters.outcome:
        parts.append("that was " + MANY_AND.join(filters.outcome))
    parts += [words for _, words in _single(filters, names)]
    told = ", ".join(parts) or "everything"
    return told[:1].upper() + told[1:]


def _single(filters: Filters, names: Names) -> list[tuple[str, str]]:
    found = []
    if filters.request:
        found.append(("request", f"of request {filters.request}"))
    if filters.text:
        found.append(("text", f"with “{filters.text}”"))
    if filters.since:
        found.append(("since", f"since {names.moment(filters.since)}"))
    if filters.until:
        found.append(("until", f"before {names.moment(filters.until)}"))
    if filters.routine:
        found.append(("routine", "with signs of life"))
    return found


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _many(name: str) -> str:
    """'thresholds', 'policies'; good enough for the names of our models."""
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return name if name.endswith("s") else f"{name}s"
