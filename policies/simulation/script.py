"""What happens in a simulation, as lines of a small fixed vocabulary: '+7min acknowledge ana', '+20min engine-down for 30min'. Pure."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from policies.decisions.vocabulary import Severity, Track
from portal.foundation import words

MOST_LINES = 100
LONGEST = timedelta(days=30)
LONGEST_TEXT = 120
NO_TIME = timedelta(0)
ANYBODY, LEVEL = "anybody", "level"
# What people type between the words that count.
FILLERS = frozenset({"for", "after", "within", "to", "over"})


class What(StrEnum):
    """Everything that can be made to happen."""

    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    SILENT = "silent"
    AWAY = "away"
    BUSY = "busy"
    FAILS = "fails"
    SEVERITY = "severity"
    READING = "reading"
    MARK = "mark"
    HOLD = "hold"
    RESUME = "resume"
    RAISE = "raise"
    LOWER = "lower"
    BYPASS = "bypass"
    TAKE_OVER = "take-over"
    SIGN = "sign"
    RESOLVE = "resolve"
    CANCEL = "cancel"
    ENGINE_DOWN = "engine-down"


class Needs(NamedTuple):
    """What a line says beside its time: `who` is one of '', 'person', 'anybody' (a person or all), 'level' (a person or a level), 'by' (who does it, if anybody is named).

    `value` is one of '', 'duration', 'duration?', 'track?', 'channel', 'severity', 'reading', 'marker', 'level'; a question mark: it
    may be left out. `label` is for a choice, `example` shows a line.
    """

    who: str
    value: str
    label: str
    example: str


NEEDS: dict[What, Needs] = {
    What.ACKNOWLEDGE: Needs("person", "track?", "acknowledges", "+7min acknowledge ana"),
    What.ANSWER: Needs("anybody", "duration", "answers every alert after", "+0s answer anybody after 4min"),
    What.SILENT: Needs("level", "duration?", "does not answer (for)", "+0s silent level 2"),
    What.AWAY: Needs("person", "duration?", "is away (for)", "+0s away tom for 2h"),
    What.BUSY: Needs("person", "duration?", "is busy (for)", "+0s busy tom for 2h"),
    What.FAILS: Needs("", "channel", "a channel fails", "+0s fails sms"),
    What.SEVERITY: Needs("", "severity", "the severity worsens to", "+12min severity SEV1"),
    What.READING: Needs("", "reading", "a reading comes in", "+12min reading affected_users=5000"),
    What.MARK: Needs("", "marker", "it is marked as", "+20min mark data_breach"),
    What.HOLD: Needs("by", "duration", "the alerting is on hold for", "+5min hold for 20min by kim"),
    What.RESUME: Needs("by", "", "the alerting is resumed", "+15min resume"),
    What.RAISE: Needs("by", "", "somebody moves it one level up", "+10min raise"),
    What.LOWER: Needs("by", "", "somebody de-escalates it one level", "+40min lower"),
    What.BYPASS: Needs("by", "level", "the levels are bypassed up to level", "+10min bypass to 3"),
    What.TAKE_OVER: Needs("person", "", "takes it over", "+30min take-over kim"),
    What.SIGN: Needs("", "", "whoever has it gives a sign of work", "+45min sign"),
    What.RESOLVE: Needs("", "", "it is resolved", "+3h resolve"),
    What.CANCEL: Needs("", "", "it is cancelled", "+30min cancel"),
    What.ENGINE_DOWN: Needs("", "duration", "the engine is down for", "+5min engine-down for 30min"),
}
MARKERS = {"personal_data": "personal data", "regulated": "a regulated workload", "data_breach": "a suspected data breach"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is typed: how long after the opening, what, whom it is about, and the rest."""

    after: timedelta
    what: What
    who: str = ""
    value: str = ""

    @property
    def text(self) -> str:
        """'+7min acknowledge ana': what `line_from` reads back to the same line."""
        who = [self.who] if self.who.startswith(f"{LEVEL} ") else [shlex.quote(self.who)] if self.who else []
        value = [words.duration(self.lasting).replace(" ", "")] if self.lasting else [shlex.quote(self.value)] if self.value else []
        told = [*value, "by", *who] if who and NEEDS[self.what].who == "by" else [*who, *value]
        return " ".join([f"+{words.duration(self.after).replace(' ', '')}", self.what.value, *told])

    @property
    def lasting(self) -> timedelta | None:
        """The duration that the line says; None when it says none."""
        says = NEEDS[self.what].value.startswith("duration") and self.value
        return words.parse_duration(self.value) if says else None

    @property
    def level(self) -> int | None:
        """The level that the line is about, as in 'silent level 2'."""
        word, _, number = self.who.partition(" ")
        return int(number) if word == LEVEL and number.isascii() and number.isdecimal() and len(number) < 4 else None

    @property
    def reading(self) -> tuple[str, str]:
        """Measure and value of 'affected_users=5000'."""
        measure, _, value = self.value.partition("=")
        return measure.strip(), value.strip()


def line_from(text: str) -> Line:
    """The line that `text` says. Raises ValueError in words."""
    if len(text) > 2 * LONGEST_TEXT:
        raise ValueError(f"A line has {2 * LONGEST_TEXT} letters at most.")
    try:
        parts = shlex.split(text)
    except ValueError:
        raise ValueError(f"'{_short(text)}': a quotation mark is not closed.") from None
    place = next((number for number, part in enumerate(parts) if part.lower() in list(What)), None)
    if place is None:
        raise ValueError(
            f"'{_short(text)}' says nothing that can happen. Known: {', '.join(What)}. Write for example '+7min acknowledge ana'."
        )
    what, rest = What(parts[place].lower()), [part for part in parts[place + 1 :] if part.lower() not in FILLERS]
    who = ""
    if NEEDS[what].who == "by" and "by" in rest[:-1]:
        by = rest.index("by")
        who, rest = rest[by + 1], [*rest[:by], *rest[by + 2 :]]
    elif NEEDS[what].who not in ("", "by") and rest:
        who = f"{LEVEL} {rest[1]}" if rest[0].lower() == LEVEL and len(rest) > 1 else rest[0]
        rest = rest[2:] if who.startswith(f"{LEVEL} ") else rest[1:]
    return made(" ".join(parts[:place]), what, who, " ".join(rest))


def made(after: str, what: str, who: str = "", value: str = "") -> Line:
    """A checked line of four typed parts. Raises ValueError in words."""
    if what not in list(What):
        raise ValueError(f"'{_short(what)}' is nothing that can happen. Known: {', '.join(What)}.")
    told, needs = What(what), NEEDS[What(what)]
    line = Line(_after(after), told, _who(who.strip(), needs), value.strip())
    if "\0" in who + value or max(len(who), len(value)) > LONGEST_TEXT:
        raise ValueError(f"'{told.value}': name and value have {LONGEST_TEXT} letters at most.")
    problem = _problem(line, needs)
    if problem:
        raise ValueError(f"{problem} Write for example '{needs.example}'.")
    return Line(line.after, line.what, line.who, _plain(line, needs))


def lines_from(texts: Iterable[str]) -> tuple[Line, ...]:
    """The lines of a script, the earliest first. Raises ValueError in words."""
    return in_order([line_from(text) for text in texts if text.strip()])


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The same lines, the earliest first; those of one instant stay as they stand. Raises ValueError for too many."""
    found = list(lines)
    if len(found) > MOST_LINES:
        raise ValueError(f"{len(found)} lines are too many; a script has {MOST_LINES} at most.")
    return tuple(sorted(found, key=lambda line: line.after))


def _after(text: str) -> timedelta:
    typed = text.strip().removeprefix("+").strip()
    after = NO_TIME if typed in ("", "0") else words.parse_duration(typed)
    if after > LONGEST:
        raise ValueError(f"A simulation goes on for {LONGEST.days} days at most; '{_short(text)}' is later.")
    return after


def _who(who: str, needs: Needs) -> str:
    low = who.lower()
    if low in ("anybody", "everybody", "*") and needs.who in ("anybody", "level"):
        return ANYBODY
    return low if needs.who == "level" and low.startswith(f"{LEVEL} ") else who


def _problem(line: Line, needs: Needs) -> str:
    """What is missing or too much; empty when nothing is."""
    if needs.who not in ("", "by") and not line.who:
        return f"'{line.what.value}' needs to say who."
    if not needs.who and line.who:
        return f"'{line.what.value}' is about nobody; leave out '{_short(line.who)}'."
    if line.who.startswith(f"{LEVEL} ") and line.level is None:
        return f"'{_short(line.who)}' is no level."
    if not line.value:
        return "" if not needs.value or needs.value.endswith("?") else f"'{line.what.value}' needs more: a {needs.value}."
    return _problem_with_value(line, needs.value.rstrip("?"))


def _problem_with_value(line: Line, kind: str) -> str:
    value = line.value
    if kind == "duration":
        lasting = words.parse_duration(value)
        return "" if NO_TIME <= lasting <= LONGEST else f"'{_short(value)}' is too long."
    known: dict[str, Iterable[str]] = {"severity": Severity, "marker": MARKERS, "track": Track}
    if kind in known:
        spelled = value.upper() if kind == "severity" else value.lower().replace(" ", "_")
        return "" if spelled in list(known[kind]) else f"'{_short(value)}' is no {kind}. Known: {', '.join(known[kind])}."
    if kind == "level":
        return "" if value.isdecimal() and value.isascii() and 1 <= int(value[:9]) <= 99 else f"'{_short(value)}' is no level."
    if kind == "reading":
        return "" if all(line.reading) else f"'{_short(value)}' is no reading."
    return f"'{line.what.value}' needs no '{_short(value)}'." if not kind else ""


def _plain(line: Line, needs: Needs) -> str:
    """The value as it is kept: one spelling for each meaning."""
    kind = needs.value.rstrip("?")
    if kind == "severity":
        return line.value.upper()
    if kind == "duration" and line.value:
        return words.duration(words.parse_duration(line.value))
    return line.value.lower().replace(" ", "_") if kind in ("marker", "track", "channel") else line.value


def _short(text: str) -> str:
    return " ".join(text.split())[:40]
