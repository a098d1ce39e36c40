"""Events as stored: canonical bytes, and columns to search by that the database derives from them."""

import uuid
from typing import Any

from django.db import models


class PayloadText(models.Func):
    """The text at `path` of the JSON in a text column, in both databases' words; immutable, so a stored column can be made of it."""

    output_field = models.CharField(max_length=255)

    def __init__(self, column: str, *path: str) -> None:
        super().__init__(models.F(column))
        self.column = column
        self.path = path

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"json_extract(%(expressions)s, '$.{'.'.join(self.path)}')", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"((%(expressions)s)::jsonb #>> '{{{','.join(self.path)}}}')", **extra)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return "audit.ledger.models.PayloadText", (self.column, *self.path), {}


def _derived(*path: str) -> Any:
    return models.GeneratedField(
        expression=PayloadText("payload", *path), output_field=models.CharField(max_length=255, null=True), db_persist=True
    )


class LedgerEvent(models.Model):
    """One event, written in the transaction of what it tells. `payload` is what counts; the searchable columns cannot differ from it."""

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    recorded_at = models.DateTimeField(db_index=True)
    payload = models.TextField(help_text="Canonical JSON, as it will be hashed.")
    type = _derived("type")
    actor_id = _derived("actor", "id")
    actor_name = _derived("actor", "name")
    object_model = _derived("obj", "model")
    object_pk = _derived("obj", "pk")
    request_id = _derived("ctx", "request_id")

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        verbose_name = "audit event"
        indexes = [
            models.Index(fields=["object_model", "object_pk", "-id"], name="ledger_object"),
            models.Index(fields=["actor_id", "-id"], name="ledger_actor"),
            models.Index(fields=["type", "-id"], name="ledger_type"),
            models.Index(fields=["request_id"], name="ledger_request"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.type}"
