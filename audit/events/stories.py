"""An event in words: who did what to what, and what was before and after."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Field, ForeignKey, Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from audit.ledger import personal
from portal.foundation import words

NOTHING = "nothing"
# A frozen policy is thousands of characters long.
LONGEST_DOCUMENT = 240
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """What happened to one row."""

    what: str
    kind: str
    fields: tuple[FieldChange, ...]


def parsed(payload: str) -> dict[str, Any]:
    """One event's content, with the personal data that it may still show. One query."""
    return personal.parsed([payload])[0]


def verb_words(event_type: str) -> str:
    """'incident.acknowledged' is 'acknowledged', 'policy_version.sent_back' is 'sent back'."""
    return event_type.rpartition(".")[2].replace("_", " ")


def did_words(event: dict[str, Any]) -> str:
    """The verb alone when it is the object's own; 'escalation: paged' for an act of something else upon it, or upon nothing."""
    kind = str(event.get("type", ""))
    prefix = kind.partition(".")[0]
    subject = event.get("obj", {}).get("model", "").rpartition(".")[2]
    own = prefix.replace("_", "") in {subject, "record"} or "." not in kind
    return verb_words(kind) if own else f"{prefix.replace('_', ' ')}: {verb_words(kind)}"


def object_words(event: dict[str, Any]) -> str:
    """'incident INC-000012 Card payments fail'; empty when the event is about no single thing."""
    subject = event.get("obj")
    return f"{model_words(subject['model'])} {subject['repr']}" if subject else ""


def model_words(label: str) -> str:
    model = _model(label)
    return str(model._meta.verbose_name) if model else label


def particulars_of(event: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """What else the event tells: a name and its lines."""
    told = {**event.get("details", {}), **event.get("decision", {})}
    return [(name.replace("_", " ").capitalize(), _lines(value)) for name, value in told.items()]


def _lines(value: Any) -> list[str]:
    if isinstance(value, str) and MOMENT.fullmatch(value) and (moment := _moment(value)):
        return [moment]
    if isinstance(value, list):
        return [", ".join(_lines(item)) for item in value] or [NOTHING]
    if isinstance(value, dict):
        return [f"{key.replace('_', ' ')} {', '.join(_lines(item))}" for key, item in value.items()] or [NOTHING]
    return [NOTHING if value in (None, "") else str(value)]


def actor_words(event: dict[str, Any]) -> str:
    """The person's name as it was, or 'the portal' and the part of it that acted."""
    actor = event.get("actor", {})
    if actor.get("kind") == "person":
        return str(actor.get("name", ""))
    asked_by = actor.get("on_behalf_of", {}).get("name")
    return f"the portal ({actor.get('name') or 'itself'})" + (f" for {asked_by}" if asked_by else "")


def changes_of(event: dict[str, Any]) -> list[RowChange]:
    """Every governed row that the event changed, keys of other rows replaced by their names."""
    return changes_of_all([event])[0]


def changes_of_all(events: Sequence[dict[str, Any]]) -> list[list[RowChange]]:
    """The same of several events. One query for each kind of row that is pointed at, however many events there are."""
    each = [event.get("changes", []) for event in events]
    names = _names([change for changes in each for change in changes])
    return [[_row_change(change, names) for change in changes] for changes in each]


def _row_change(change: dict[str, Any], names: dict[tuple[str, str], str]) -> RowChange:
    return RowChange(f"{model_words(change['model'])} {change['repr']}", change["kind"], tuple(_field_changes(change, names)))


def _field_changes(change: dict[str, Any], names: dict[tuple[str, str], str]) -> Iterator[FieldChange]:
    model = _model(change["model"])
    before, after = change.get("before", {}), change.get("after", {})
    for column in sorted({*before, *after}):
        field = _field(model, column)
        label = str(field.verbose_name) if field is not None else column.replace("_", " ")
        old, new = _value(field, before.get(column), names), _value(field, after.get(column), names)
        if old != new:
            yield FieldChange(label[:1].upper() + label[1:], old, new)


def _value(field: Any, value: Any, names: dict[tuple[str, str], str]) -> str:
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(field, ForeignKey):
        label = field.related_model._meta.label_lower
        return names.get((label, str(value)), f"{model_words(label)} {value}")
    choices = dict(field.flatchoices) if isinstance(field, Field) and field.choices else {}
    if isinstance(value, str | int) and value in choices:
        return str(choices[value])
    if isinstance(field, DateTimeField) and (moment := _moment(str(value))):
        return moment
    if not isinstance(value, dict | list):
        return str(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= LONGEST_DOCUMENT else f"{text[:LONGEST_DOCUMENT]} … (in full in the record below)"


def _moment(text: str) -> str:
    """By the reader's clock, to the second; empty for what is no moment."""
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{local.day} {local:%b %Y, %H:%M:%S} {words.zone(local.tzname() or 'UTC')}"


def _names(changes: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """The present names of all rows that the changes point at, one query a model."""
    wanted: dict[type[Model], set[Any]] = {}
    for change in changes:
        model = _model(change["model"])
        for values in (change.get("before", {}), change.get("after", {})):
            for column, value in values.items():
                field = _field(model, column)
                if isinstance(field, ForeignKey) and value is not None:
                    wanted.setdefault(field.related_model, set()).add(value)
    return {
        (model._meta.label_lower, str(key)): str(row)
        for model, keys in wanted.items()
        for key, row in model._default_manager.in_bulk(list(keys)).items()
    }


def _model(label: str) -> type[Model] | None:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def _field(model: type[Model] | None, column: str) -> Any:
    if model is None:
        return None
    try:
        return model._meta.get_field(column)
    except FieldDoesNotExist:
        return next((field for field in model._meta.concrete_fields if field.attname == column), None)
