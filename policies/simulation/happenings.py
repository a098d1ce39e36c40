"""What the script of a simulation says at an instant: who is away, who answers when, which channels fail, whether the engine is down. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from policies.decisions.escalation_facts import Action, Alerted

from .script import NO_TIME, Line, What


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the script with whom it is about; `person_id` None: everybody, or nobody in particular."""

    line: Line
    person_id: int | None = None
    name: str = ""

    @property
    def person(self) -> Alerted | None:
        """Whoever does it; None for nobody in particular."""
        return Alerted(self.person_id, self.name) if self.name else None

    @property
    def words(self) -> str:
        """'Tom Berg is away for 2 h'."""
        line = self.line
        who = f"Level {line.level}" if line.level is not None else self.name or "Everybody"
        lasting, by = f" for {line.value}" if line.lasting else "", self.name or "Somebody"
        plain = {
            What.ACKNOWLEDGE: f"{who} acknowledges",
            What.ANSWER: f"{who} answers every alert after {line.value}",
            What.SILENT: f"{who} does not answer{lasting}" if who != "Everybody" else f"Nobody answers{lasting}",
            What.AWAY: f"{who} is away{lasting}",
            What.BUSY: f"{who} is busy{lasting}",
            What.FAILS: f"The channel {line.value} fails",
            What.SEVERITY: f"The severity is {line.value}",
            What.READING: f"A reading comes in: {line.reading[0].replace('_', ' ')} {line.reading[1]}",
            What.MARK: f"It is marked as {line.value.replace('_', ' ')}",
            What.HOLD: f"{by} puts the alerting on hold{lasting}",
            What.RESUME: f"{by} resumes the alerting",
            What.RAISE: f"{by} moves it one level up",
            What.LOWER: f"{by} de-escalates it",
            What.BYPASS: f"{by} bypasses the levels before level {line.value}",
            What.TAKE_OVER: f"{who} takes it over",
            What.SIGN: "Whoever has it gives a sign of work",
            What.RESOLVE: "The incident is resolved",
            What.CANCEL: "The incident is cancelled",
            What.ENGINE_DOWN: f"The engine is down{lasting}",
        }
        return plain[line.what]


class World:
    """The script laid on the clock from `begins` on."""

    def __init__(self, begins: datetime, happenings: Iterable[Happening]) -> None:
        self.begins = begins
        self.timed = [(begins + each.line.after, each) for each in happenings]
        self._outages = [(at, at + (each.line.lasting or NO_TIME)) for at, each in self.timed if each.line.what is What.ENGINE_DOWN]

    def down_until(self, at: datetime) -> datetime | None:
        """Until when the engine is down at `at`; None when it is up."""
        return max((until for since, until in self._outages if since <= at < until), default=None)

    def standings(self, at: datetime) -> dict[int, str]:
        """Who is busy or away by the script; away counts more."""
        return {each.person_id or 0: what.value for what in (What.BUSY, What.AWAY) for each in self._counting(at, what)}

    def failing(self, at: datetime) -> frozenset[str]:
        """The channels that carry nothing."""
        return frozenset(each.line.value for each in self._counting(at, What.FAILS))

    def answers_after(self, action: Action, at: datetime) -> timedelta | None:
        """How long the person whom `action` alerts takes to answer; None when they do not.

        What is said of one person counts before what is said of everybody; of two that weigh the same, the later one.
        """
        rules = [each for each in self._counting(at, What.ANSWER) if each.person_id in (None, action.person_id)]
        silent = any(_is_about(each, action) for each in self._counting(at, What.SILENT))
        if silent or not rules:
            return None
        return max(rules, key=lambda each: (each.person_id is not None, each.line.after)).line.lasting or NO_TIME

    def _counting(self, at: datetime, what: What) -> list[Happening]:
        return [each for since, each in self.timed if each.line.what is what and since <= at and _lasts(each, since, at)]


def _is_about(silent: Happening, action: Action) -> bool:
    if silent.line.level is not None:
        return silent.line.level == action.level
    return silent.person_id in (None, action.person_id)


def _lasts(happening: Happening, since: datetime, at: datetime) -> bool:
    lasting = happening.line.lasting if happening.line.what is not What.ANSWER else None
    return lasting is None or at < since + lasting
