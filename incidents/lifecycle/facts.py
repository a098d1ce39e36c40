"""Markers and business facts of an incident: what may be told, and how it is told back."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, TypedDict, cast

from policies.catalogue.models import CustomerSegment
from policies.decisions.currencies import problem_with_currency
from policies.decisions.vocabulary import Exposure
from portal.foundation import words
from portal.foundation.errors import InvalidInput

from . import checks
from .models import Incident

# Can still be said of an incident that has ended: that it is confidential, and the markers.
CONFIDENTIAL = "confidential"
MARKERS = {"personal_data": "personal data", "regulated": "regulated workload", "data_breach": "suspected data breach"}
MOST_LABELS = 20
LONGEST_LABEL = 60
CENT = Decimal("0.01")
LARGEST_LOSS = Decimal(10) ** 12


class GivenFacts(TypedDict, total=False):
    """What may be told of an incident. `regulated` None leaves it to the service; the loss is money per hour in `revenue_currency`."""

    personal_data: bool
    regulated: bool | None
    data_breach: bool
    confidential: bool
    labels: Sequence[str]
    revenue_loss_per_hour: Decimal | None
    revenue_currency: str
    regulatory_exposure: int
    segment: CustomerSegment | None


def clean_facts(given: GivenFacts, incident: Incident) -> dict[str, Any]:
    """What is `given`, as `incident` may store it; what is not given is left out. Raises InvalidInput naming every field that is wrong.

    A marker that stands cannot be taken away, and a regulated service has regulated incidents.
    """
    unknown = given.keys() - GivenFacts.__annotations__.keys()
    if unknown:
        raise TypeError(f"Unknown facts: {', '.join(sorted(unknown))}")
    loss = {name: value for name, value in given.items() if name in ("revenue_loss_per_hour", "revenue_currency")}
    wanted: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for name, value in given.items():
        if name not in loss:
            _gather(wanted, problems, name, partial(_one, name, value, incident))
    if loss:
        _gather(wanted, problems, "revenue_loss_per_hour", partial(_clean_loss, loss, incident))
    if problems:
        raise InvalidInput("; ".join(problem for found in problems.values() for problem in found), problems)
    return wanted


def marked(incident: Incident) -> list[str]:
    """The markers that stand, in words."""
    return [words_ for name, words_ in MARKERS.items() if getattr(incident, name)]


def discreet_title(incident: Incident) -> str:
    """What may be said of a confidential incident wherever its details may not."""
    return f"{incident.number}: confidential incident"


def loss_in_words(incident: Incident) -> str:
    """'5,000 EUR an hour', or 'unknown'."""
    if incident.revenue_loss_per_hour is None:
        return "unknown"
    return f"{words.amount(incident.revenue_loss_per_hour, incident.revenue_currency)} an hour"


def facts_in_words(incident: Incident, names: Sequence[str]) -> list[str]:
    """The facts in `names` as they are now: 'labels vip', 'revenue loss 5,000 EUR an hour'. Markers are told by `marked`."""
    told: dict[str, Callable[[], str]] = {
        CONFIDENTIAL: lambda: "that it is confidential" if incident.confidential else "that it is no longer confidential",
        "labels": lambda: f"labels {', '.join(incident.labels) or 'none'}",
        "revenue_loss_per_hour": lambda: f"revenue loss {loss_in_words(incident)}",
        "regulatory_exposure": lambda: f"regulatory exposure {Exposure(incident.regulatory_exposure).label.lower()}",
        "segment": lambda: f"customer segment {incident.segment or 'none'}",
    }
    wanted = {"revenue_loss_per_hour" if name == "revenue_currency" else name for name in names}
    return [tell() for name, tell in told.items() if name in wanted]


def _gather(wanted: dict[str, Any], problems: dict[str, list[str]], name: str, clean: Callable[[], Mapping[str, Any]]) -> None:
    try:
        wanted.update(clean())
    except InvalidInput as error:
        for field, found in (error.fields or {name: [error.message]}).items():
            problems.setdefault(field, []).extend(found)


def _one(name: str, value: Any, incident: Incident) -> dict[str, Any]:
    return {name: _CLEAN[name](name, value, incident)}


def _clean_marker(name: str, value: Any, incident: Incident) -> bool:
    if name == "regulated" and value is None:
        value = incident.regulated or incident.service.regulated
    if not isinstance(value, bool):
        raise InvalidInput("Give yes or no.")
    if not value and incident.pk is not None and getattr(incident, name):
        raise InvalidInput(f"{incident.number} is marked as {MARKERS[name]}, and that stays: the legal and compliance track depends on it.")
    if name == "regulated" and not value and incident.service.regulated:
        raise InvalidInput(f"{incident.service.name} is a regulated workload, and so are its incidents. Leave it out.")
    return value


def _clean_confidential(name: str, value: Any, incident: Incident) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput("Give yes or no.")
    return value


def _clean_labels(name: str, value: Any, incident: Incident) -> list[str]:
    found: list[str] = []
    for label in value:
        cleaned = checks.clean_label(label, name, LONGEST_LABEL)
        if cleaned not in found:
            found.append(cleaned)
    if len(found) > MOST_LABELS:
        raise InvalidInput(f"{len(found)} labels are too many; at most {MOST_LABELS} fit.")
    return found


def _clean_exposure(name: str, value: Any, incident: Incident) -> int:
    if isinstance(value, bool) or value not in list(Exposure):
        raise InvalidInput("Give 0 (none), 1 (possible), 2 (likely) or 3 (certain).")
    return int(value)


def _clean_segment(name: str, value: Any, incident: Incident) -> CustomerSegment | None:
    return cast(CustomerSegment | None, value)


def _clean_loss(given: Mapping[str, Any], incident: Incident) -> dict[str, Any]:
    """Loss and currency together: one of them alone means nothing. The one that is not given stays as it is."""
    loss = given.get("revenue_loss_per_hour", incident.revenue_loss_per_hour)
    currency = given.get("revenue_currency", "" if loss is None else incident.revenue_currency)
    if loss is None:
        if currency:
            raise InvalidInput(
                "A currency alone says nothing.", {"revenue_loss_per_hour": ["Give the loss with its currency, or neither."]}
            )
        return {"revenue_loss_per_hour": None, "revenue_currency": ""}
    problems: dict[str, list[str]] = {}
    if not currency:
        problems["revenue_currency"] = ["Give the currency of the loss, e.g. EUR."]
    elif problem_with_currency(currency):
        problems["revenue_currency"] = [problem_with_currency(currency)]
    if not loss.is_finite() or not 0 <= loss < LARGEST_LOSS:
        problems["revenue_loss_per_hour"] = [f"Give an amount from 0 to below {LARGEST_LOSS:,}."]
    if problems:
        raise InvalidInput("The loss cannot be used.", problems)
    try:
        return {"revenue_loss_per_hour": loss.quantize(CENT), "revenue_currency": currency}
    except InvalidOperation:
        raise InvalidInput("The amount has too many digits.") from None


_CLEAN: dict[str, Callable[[str, Any, Incident], Any]] = {
    **dict.fromkeys(MARKERS, _clean_marker),
    CONFIDENTIAL: _clean_confidential,
    "labels": _clean_labels,
    "regulatory_exposure": _clean_exposure,
    "segment": _clean_segment,
}
