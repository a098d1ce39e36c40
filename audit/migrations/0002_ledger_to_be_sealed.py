"""Searchable columns that are written instead of derived, numbers per object, the inbox of the tree, and cards for personal data."""

from typing import Any

from django.db import migrations, models

DERIVED = {
    "type": ("type",),
    "actor_id": ("actor", "id"),
    "object_model": ("obj", "model"),
    "object_pk": ("obj", "pk"),
    "request_id": ("ctx", "request_id"),
}
INDEXES = {
    "ledger_object": ["object_model", "object_pk", "-id"],
    "ledger_actor": ["actor_id", "-id"],
    "ledger_type": ["type", "-id"],
    "ledger_request": ["request_id"],
}


def fill(apps: Any, schema_editor: Any) -> None:
    """What is there keeps its columns and waits for the tree; its objects go on being numbered after it."""
    sqlite = schema_editor.connection.vendor == "sqlite"

    def part(path: tuple[str, ...]) -> str:
        return f"json_extract(payload, '$.{'.'.join(path)}')" if sqlite else f"(payload::jsonb #>> '{{{','.join(path)}}}')"

    columns = ", ".join(f"{name} = {part(path)}" for name, path in DERIVED.items() if name not in {"type", "actor_id"})
    said = f"type = {part(('type',))}, actor_id = coalesce({part(('actor', 'id'))}, '')"
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"UPDATE audit_ledgerevent SET {said}, {columns}")
        cursor.execute("INSERT INTO audit_ledgerinbox (event) SELECT id FROM audit_ledgerevent")


def empty(apps: Any, schema_editor: Any) -> None:
    """The way back: the columns are derived again by the database."""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        *(migrations.RemoveIndex("ledgerevent", name) for name in INDEXES),
        *(migrations.RemoveField("ledgerevent", name) for name in (*DERIVED, "actor_name")),
        migrations.AddField("ledgerevent", "type", models.CharField(default="", max_length=255), preserve_default=False),
        migrations.AddField("ledgerevent", "actor_id", models.CharField(blank=True, default="", max_length=255)),
        *(
            migrations.AddField("ledgerevent", name, models.CharField(blank=True, max_length=255, null=True))
            for name in ("object_model", "object_pk", "request_id")
        ),
        migrations.AddField(
            "ledgerevent",
            "object_seq",
            models.PositiveBigIntegerField(blank=True, help_text="Which event of its object this is: 1, 2, 3, …", null=True),
        ),
        migrations.AlterField("ledgerevent", "payload", models.TextField(help_text="Canonical JSON, as it is hashed.")),
        migrations.CreateModel(
            "LedgerInbox",
            [("event", models.BigIntegerField(help_text="The event's `id`.", primary_key=True, serialize=False))],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            "LedgerObject",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(max_length=255)),
                ("key", models.CharField(max_length=255)),
                ("last", models.PositiveBigIntegerField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("model", "key"), name="ledger_object_once")],
            },
        ),
        migrations.CreateModel(
            "PersonalCard",
            [
                (
                    "token",
                    models.CharField(
                        help_text="HMAC-SHA256 of the value under the salt, in hexadecimal.", max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("subject", models.CharField(help_text="Whom it is about, such as 'person:7'.", max_length=100)),
                ("value", models.TextField()),
                ("salt", models.BinaryField(max_length=32)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("subject", "value"), name="personal_card_once")],
            },
        ),
        migrations.RunPython(fill, empty),
        *(migrations.AddIndex("ledgerevent", models.Index(fields=fields, name=name)) for name, fields in INDEXES.items()),
    ]
