"""Which entries go into a bundle in full: all, those of a time, those of one object; and always what a verifier needs to follow the ledger."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection

from portal.foundation.errors import InvalidInput

# Without these nobody can follow keys, epochs and what went.
ALWAYS = ("evidence.exported", "evidence.export_failed", "ledger.key_rotated", "ledger.restored", "retention.pruned", "erasure.done")


@dataclass(frozen=True, slots=True)
class Selection:
    """From `since` on and before `until` (when it happened), about the object `model`, `pk` or one of `others`; empty parts do not narrow."""

    since: datetime | None = None
    until: datetime | None = None
    model: str = ""
    pk: str = ""
    # Further objects, by model and key: what belongs together is taken out together.
    others: tuple[tuple[str, str], ...] = ()

    @property
    def is_everything(self) -> bool:
        return not (self.since or self.until or self.model)

    @property
    def objects(self) -> tuple[tuple[str, str], ...]:
        return ((self.model, self.pk), *self.others) if self.model else ()

    def as_recorded(self) -> dict[str, Any] | None:
        if self.is_everything:
            return None
        return {
            "from": self.since.isoformat() if self.since else None,
            "to": self.until.isoformat() if self.until else None,
            "object": " ".join(f"{model}:{pk}" for model, pk in self.objects) or None,
        }

    def in_sql(self) -> tuple[str, list[Any]]:
        """A condition on the event `e`, and its values."""
        (narrow, values), (always, types) = self.either_in_sql()
        return f"(({narrow}) OR {always})", values + types

    def either_in_sql(self) -> list[tuple[str, list[Any]]]:
        """The same as two conditions of which one has to hold, each with an index of its own: what was asked for, and what is always there."""
        parts: list[tuple[str, list[Any]]] = [("1=1", [])]
        # SQLite compares times as text: in another form the first instant fell out, the last came in, and other zones were hours off.
        if self.since:
            parts.append(("e.recorded_at >= %s", [connection.ops.adapt_datetimefield_value(self.since)]))
        if self.until:
            parts.append(("e.recorded_at < %s", [connection.ops.adapt_datetimefield_value(self.until)]))
        if self.model:
            either = " OR ".join(["(e.object_model = %s AND e.object_pk = %s)"] * len(self.objects))
            parts.append((f"({either})", [value for one in self.objects for value in one]))
        narrow = " AND ".join(sql for sql, _ in parts)
        always = ", ".join(["%s"] * len(ALWAYS))
        return [(narrow, [value for _, values in parts for value in values]), (f"e.type IN ({always})", list(ALWAYS))]


def object_named(text: str) -> tuple[str, str]:
    """Model and key of 'incidents.incident:12' or, where its rows have a number, 'incidents.incident:INC-000012'. Raises InvalidInput."""
    label, colon, key = text.strip().partition(":")
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        model = None
    if not colon or not key or model is None:
        raise InvalidInput(f"“{text}” names no object. Write its kind and its key, such as incidents.incident:INC-000012.")
    name = model._meta.label_lower
    if any(field.name == "number" for field in model._meta.fields):
        found = model._default_manager.filter(number=key).values_list("pk", flat=True).first()
        if found is not None:
            return name, str(found)
    return name, key
