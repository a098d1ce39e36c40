"""What part of the trail is asked for: read from an address, kept as canonical JSON, and tried on an event. Pure."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from portal.foundation.canonical import canonical_json
from portal.foundation.errors import InvalidInput

from .outcomes import OUTCOMES, outcome_of
from .tokens import words_asked

FORM = 1
THE_PORTAL = "-"
# What comes every minute whatever happens, and would leave nothing else on a page.
ROUTINE = ("ledger.heartbeat",)
MOST_VALUES, LONGEST, MOST_WORDS = 20, 200, 12
YEARS = range(1970, 3000)
# Other names that addresses elsewhere in the portal have used.
ALIASES = {"actor_id": "person", "object_model": "kind"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TYPE = re.compile(r"[a-z0-9_]+(?:\.(?:[a-z0-9_]+|\*))?", re.ASCII)
_KIND = re.compile(r"[a-z_]+\.[a-z0-9_]+", re.ASCII)
_CHANNEL = re.compile(r"[a-z_]{1,40}", re.ASCII)
_KEY = re.compile(r"[0-9a-zA-Z-]{1,40}", re.ASCII)
_SPACE_FOR_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty parts do not narrow; of several values of one part any will do. Times are UTC, whole seconds, `until` itself left out.

    `person` are keys of accounts, '-' the portal itself; `type` are types of events or a family of them ('escalation.*'); `object` are
    'kind:key'; `text` is words, of which all must stand in an event. `routine`: signs of life are not left out.
    """

    person: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    object: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    request: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    routine: bool = False

    @property
    def is_everything(self) -> bool:
        return replace(self, routine=False) == Filters()

    @property
    def words(self) -> frozenset[str]:
        """The words of `text` as the index knows them."""
        return words_asked(self.text)

    @property
    def hides_routine(self) -> bool:
        """The sealer's signs of life are left out unless they are asked for: so, by their type, by what they are about, by their request or by words."""
        return not (self.routine or self.text or self.request or self.object or any(family_of(name) == "ledger" for name in self.type))

    def without(self, part: str, value: str = "") -> "Filters":
        """The same without one value of a part, or without the part."""
        held = getattr(self, part)
        left: Any = tuple(one for one in held if one != value) if isinstance(held, tuple) else _EMPTY[part]
        return replace(self, **{part: left})

    def within(self, since: datetime | None, until: datetime | None) -> "Filters":
        """Only what is in this time, too."""
        lower = [at for at in (self.since, since) if at]
        upper = [at for at in (self.until, until) if at]
        return replace(self, since=max(lower, default=None), until=min(upper, default=None))


_EMPTY: dict[str, Any] = {one.name: one.default for one in fields(Filters)}
MANY = tuple(name for name, empty in _EMPTY.items() if empty == ())
PARTS = tuple(_EMPTY)


@dataclass(frozen=True, slots=True)
class Facts:
    """What of an event the filters look at. `words` are worked out only where words are asked for."""

    at: datetime
    type: str
    person: str
    kind: str
    key: str
    channel: str
    request: str
    words: Callable[[], frozenset[str]] = field(compare=False)


def family_of(event_type: str) -> str:
    """'escalation' of 'escalation.paged' and of 'escalation.*'."""
    return event_type.partition(".")[0]


def matches(filters: Filters, facts: Facts) -> bool:
    """Whether an event is one of those asked for."""
    return (
        _has_type(filters, facts.type)
        and _is_of(filters.person, facts.person or THE_PORTAL)
        and _is_of(filters.kind, facts.kind)
        and _is_of(filters.object, f"{facts.kind}:{facts.key}")
        and _is_of(filters.channel, facts.channel)
        and _is_of(filters.outcome, outcome_of(facts.type))
        and (not filters.request or facts.request == filters.request)
        and (filters.since is None or facts.at >= filters.since)
        and (filters.until is None or facts.at < filters.until)
        and (not filters.text or filters.words <= facts.words())
    )


def _is_of(wanted: Sequence[str], value: str) -> bool:
    return not wanted or value in wanted


def _has_type(filters: Filters, event_type: str) -> bool:
    if event_type in ROUTINE and filters.hides_routine:
        return False
    return not filters.type or event_type in filters.type or f"{family_of(event_type)}.*" in filters.type


def parse(asked: Mapping[str, Sequence[str]], zone: tzinfo, *, beside: Iterable[str] = ()) -> Filters:
    """Filters of a query string, its parts as lists; times without a zone are those of `zone`. `beside` names parts that others read.

    Raises InvalidInput that says for each part what is wrong with it.
    """
    problems: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for name, given in _named(asked, frozenset(beside), problems).items():
        try:
            read = _read(name, given, zone)
            if read != _EMPTY[name]:
                values[name] = read
        except ValueError as error:
            problems[name] = [str(error)]
    filters = Filters(**values)
    if filters.since and filters.until and filters.until <= filters.since:
        problems["until"] = ["The time ends before it begins. Choose a time after the first one."]
    if problems:
        raise InvalidInput("The trail cannot be searched like this.", problems)
    return filters


def as_query(filters: Filters) -> list[tuple[str, str]]:
    """The parts of a query string that `parse` reads as these filters, in any zone."""
    pairs: list[tuple[str, str]] = []
    for name in PARTS:
        held = getattr(filters, name)
        if isinstance(held, tuple):
            pairs += [(name, value) for value in held]
        elif isinstance(held, datetime):
            pairs.append((name, in_utc(held)))
        elif held:
            pairs.append((name, "shown" if name == "routine" else held))
    return pairs


def as_content(filters: Filters) -> dict[str, Any]:
    """The filters as JSON's own types."""
    content: dict[str, Any] = {"form": FORM}
    for name in PARTS:
        held = getattr(filters, name)
        if held != _EMPTY[name]:
            content[name] = sorted(held) if isinstance(held, tuple) else in_utc(held) if isinstance(held, datetime) else held
    return content


def as_json(filters: Filters) -> str:
    """Canonical JSON: the same filters are always the same text."""
    return canonical_json(as_content(filters)).decode("utf-8")


def from_json(text: str) -> Filters:
    """What `as_json` wrote. Raises ValueError for anything else."""
    content = json.loads(text)
    if content.pop("form", None) != FORM:
        raise ValueError("These filters are of a form that this version of the portal does not know.")
    asked = {name: held if isinstance(held, list) else ["shown" if held is True else str(held)] for name, held in content.items()}
    try:
        return parse(asked, UTC)
    except InvalidInput as error:
        raise ValueError(f"{error.message} {error.fields}") from None


def in_utc(at: datetime) -> str:
    """'2026-03-01T00:00:00Z'."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _named(asked: Mapping[str, Sequence[str]], beside: frozenset[str], problems: dict[str, list[str]]) -> dict[str, list[str]]:
    """The parts by their own names, without those that are empty. A kind and a key beside it are an object."""
    found: dict[str, list[str]] = {}
    for name, given in asked.items():
        values = [value.strip() for value in given if value.strip()]
        own = "text" if name == "q" else ALIASES.get(name, name)
        if name in beside or name == "object_pk" or not values:
            continue
        if own not in _EMPTY:
            problems[name[:60]] = [f"Nothing is called so here. Known: {', '.join(PARTS)}."]
        else:
            found.setdefault(own, []).extend(values)
    keys = [value.strip() for value in asked.get("object_pk", ()) if value.strip()]
    if keys and found.get("kind"):
        found["object"] = [*found.get("object", []), f"{found.pop('kind')[0]}:{keys[0]}"]
    elif keys:
        problems["object_pk"] = ["A key alone names nothing. Say its kind, too."]
    return found


def _read(name: str, given: list[str], zone: tzinfo) -> Any:
    if name in MANY:
        if len(given) > MOST_VALUES:
            raise ValueError(f"Choose at most {MOST_VALUES} of them.")
        return tuple(sorted({_CHECKED[name](plain(value)) for value in given}))
    if len(given) > 1:
        raise ValueError("Give it once.")
    value = plain(given[0])
    if name in {"since", "until"}:
        return _moment(value, zone)
    if name == "routine":
        return _routine(value)
    return _text(value) if name == "text" else value


def plain(value: str) -> str:
    """`value` as somebody typed it. Raises ValueError for what is too long or holds characters that cannot be seen."""
    if len(value) > LONGEST:
        raise ValueError(f"That is longer than {LONGEST} characters.")
    if _CONTROL.search(value):
        raise ValueError("That holds characters that cannot be seen. Type it anew.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("That holds half of a character. Type it anew.") from None
    return value


def _routine(value: str) -> bool:
    if value != "shown":
        raise ValueError("Say 'shown', or leave it out.")
    return True


def _text(value: str) -> str:
    found = words_asked(value)
    if not found:
        raise ValueError("That holds no word or number to look for.")
    if len(found) > MOST_WORDS:
        raise ValueError(f"Look for at most {MOST_WORDS} words at once.")
    return " ".join(value.split())


def _moment(value: str, zone: tzinfo) -> datetime:
    """A date is its midnight in `zone`."""
    try:
        text = _SPACE_FOR_PLUS.sub("+", value)
        found = datetime.combine(date.fromisoformat(text), time.min) if len(text) == 10 else datetime.fromisoformat(text)
        if found.year not in YEARS:
            raise ValueError
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
        return aware.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise ValueError(f"That is no date or time from {YEARS[0]} to {YEARS[-1]}. Write 2026-03-01 or 2026-03-01T14:05.") from None


def _one_of(pattern: re.Pattern[str], problem: str) -> Callable[[str], str]:
    def checked(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(problem)
        return value

    return checked


def _outcome(value: str) -> str:
    if value not in OUTCOMES:
        raise ValueError(f"Choose one of {', '.join(OUTCOMES)}.")
    return value


def _object(value: str) -> str:
    kind, colon, key = value.partition(":")
    if not colon or not key or not _KIND.fullmatch(kind.lower()):
        raise ValueError("That names no single thing. Write its kind and its key, such as incidents.incident:12.")
    return f"{kind.lower()}:{key}"


_CHECKED: dict[str, Callable[[str], str]] = {
    "person": _one_of(_KEY, "That is no account's key."),
    "type": _one_of(_TYPE, "That is no type of event. Write incident.acknowledged, or incident.* for all of a family."),
    "kind": _one_of(_KIND, "That is no kind of thing. Write incidents.incident, for example."),
    "object": _object,
    "channel": _one_of(_CHANNEL, "That is no way in. Write web, api or job, for example."),
    "outcome": _outcome,
}
