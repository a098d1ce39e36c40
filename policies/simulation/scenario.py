"""A made-up incident: what it hits, when it begins, what is known of it, and what happens then. Plain values that can be stored. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from policies.decisions.currencies import problem_with_currency
from policies.decisions.vocabulary import Exposure, Severity

from .script import MARKERS, NO_TIME, Line, What, in_order, line_from

# Schedules are planned in these years.
YEARS = range(1990, 2100)
TITLE = "A made-up incident"
LONGEST_TITLE, MOST_LABELS, LARGEST_LOSS = 120, 20, Decimal(10) ** 12


class NotUsable(ValueError):
    """What is wrong with a scenario, by the field it is wrong in."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(dict.fromkeys(problems.values())))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a simulation is asked with. `impact` and `urgency` (1 high to 3 low) are given together, or follow from the severity.

    `service` and `segment` are primary keys. `severity` is '' where readings of the script should tell. `loss` is money per hour in
    `currency`. Without `regulated` it is as the service is.
    """

    service: int
    begins: datetime
    severity: str = ""
    title: str = TITLE
    impact: int | None = None
    urgency: int | None = None
    personal_data: bool = False
    regulated: bool = False
    data_breach: bool = False
    labels: tuple[str, ...] = ()
    segment: int | None = None
    loss: Decimal | None = None
    currency: str = ""
    exposure: int = Exposure.NONE
    script: tuple[Line, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """The script, with the severity in front: it counts from the opening."""
        return ((Line(NO_TIME, What.SEVERITY, value=self.severity),) if self.severity else ()) + self.script

    def document(self) -> dict[str, Any]:
        """The same as JSON values, without what says nothing; `scenario_from` reads it back."""
        told: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        told |= {"begins": self.begins.isoformat(), "labels": list(self.labels), "script": [line.text for line in self.script]}
        told["loss"] = None if self.loss is None else str(self.loss)
        told["exposure"] = int(self.exposure)
        return {name: value for name, value in told.items() if value not in (None, "", False, [], 0)}


def scenario_from(document: Mapping[str, Any]) -> Scenario:
    """The scenario that `document` wrote. Raises NotUsable."""
    known = {field.name for field in fields(Scenario)}
    unknown = sorted(set(document) - known)
    if unknown:
        raise NotUsable({name[:60]: f"'{name[:60]}' is not known. Known: {', '.join(sorted(known))}." for name in unknown[:20]})
    told, problems = dict(document), dict[str, str]()
    lines: list[Line] = []
    for number, text in enumerate(told.get("script", ())):
        try:
            lines.append(line_from(text))
        except ValueError as error:
            problems[f"script.{number}"] = str(error)
    if problems:
        raise NotUsable(problems)
    begins = told["begins"] if isinstance(told["begins"], datetime) else datetime.fromisoformat(told["begins"])
    loss = Decimal(told["loss"]) if told.get("loss") is not None else None
    read = {**told, "begins": begins, "loss": loss, "labels": tuple(told.get("labels", ())), "script": tuple(lines)}
    return checked(Scenario(**read))


def checked(scenario: Scenario) -> Scenario:
    """The same scenario, its script the earliest first. Raises NotUsable naming every field that is wrong."""
    found = {
        "begins": _problem_with_begin(scenario.begins),
        "severity": "" if not scenario.severity or scenario.severity in list(Severity) else f"Give one of {', '.join(Severity)}, or none.",
        "impact": _problem_with_scale(scenario.impact, scenario.urgency),
        "urgency": _problem_with_scale(scenario.urgency, scenario.impact),
        "title": "" if 0 < len(scenario.title) <= LONGEST_TITLE and "\0" not in scenario.title else f"Give 1 to {LONGEST_TITLE} letters.",
        "labels": "" if len(scenario.labels) <= MOST_LABELS else f"At most {MOST_LABELS} labels fit.",
        "exposure": "" if scenario.exposure in list(Exposure) else "Give 0 (none), 1 (possible), 2 (likely) or 3 (certain).",
        **_problems_with_loss(scenario.loss, scenario.currency),
        **{f"script.{number}": _problem_with_reading(line) for number, line in enumerate(scenario.script)},
    }
    problems = {name: problem for name, problem in found.items() if problem}
    if problems:
        raise NotUsable(problems)
    try:
        return replace(scenario, script=in_order(scenario.script), begins=scenario.begins.astimezone(UTC))
    except ValueError as error:
        raise NotUsable({"script": str(error)}) from None


def _problem_with_begin(begins: datetime) -> str:
    if begins.tzinfo is None:
        return "Give the time with its zone, such as 2026-03-29T01:30+01:00."
    return "" if begins.year in YEARS else f"Give a time from {YEARS[0]} to {YEARS[-1]}."


def _problem_with_scale(value: int | None, other: int | None) -> str:
    if value is None:
        return "" if other is None else "Give impact and urgency together, or neither."
    return "" if value in (1, 2, 3) else "Give 1 (high), 2 (medium) or 3 (low)."


def _problems_with_loss(loss: Decimal | None, currency: str) -> dict[str, str]:
    if loss is None:
        return {"loss": "A currency alone says nothing: give the loss too."} if currency else {}
    bad = not loss.is_finite() or not 0 <= loss < LARGEST_LOSS
    said = problem_with_currency(currency) if currency else "Give the currency of the loss, e.g. EUR."
    return {"loss": f"Give an amount from 0 to below {LARGEST_LOSS:,}." if bad else "", "currency": said}


def _problem_with_reading(line: Line) -> str:
    if line.what is not What.READING:
        return ""
    try:
        value = Decimal(line.reading[1])
    except InvalidOperation:
        return f"'{line.reading[1][:40]}' is no number."
    return "" if value.is_finite() and abs(value) < LARGEST_LOSS else f"'{line.reading[1][:40]}' is out of reach."


__all__ = ["MARKERS", "NotUsable", "Scenario", "checked", "scenario_from"]
