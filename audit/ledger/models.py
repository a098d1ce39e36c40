"""Events as stored: canonical bytes, and columns to search by that say the same.

The columns are copies. They were once derived by the database, which read the payload's JSON anew for each of them on every insert; now they
are written beside it, can be changed as little as it can, and `verify_ledger` compares them (docs/adr/0008).
"""

import uuid

from django.db import models


class LedgerEvent(models.Model):
    """One event, written in the transaction of what it tells. `payload` is what counts, and what is hashed."""

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    recorded_at = models.DateTimeField(db_index=True)
    payload = models.TextField(help_text="Canonical JSON, as it is hashed.")
    type = models.CharField(max_length=255)
    actor_id = models.CharField(max_length=255, default="", blank=True)
    object_model = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - an event may be about no object
    object_pk = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    object_seq = models.PositiveBigIntegerField(null=True, blank=True, help_text="Which event of its object this is: 1, 2, 3, …")
    request_id = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("export_ledgerevent", "Can take evidence out of the audit trail")]
        verbose_name = "audit event"
        indexes = [
            models.Index(fields=["object_model", "object_pk", "-id"], name="ledger_object"),
            models.Index(fields=["actor_id", "-id"], name="ledger_actor"),
            models.Index(fields=["type", "-id"], name="ledger_type"),
            models.Index(fields=["request_id", "-id"], name="ledger_of_request"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.type}"


class LedgerInbox(models.Model):
    """Events that the tree does not hold yet. The database itself puts every new event here, by whatever way it came."""

    event = models.BigIntegerField(primary_key=True, help_text="The event's `id`.")
    transaction = models.CharField(
        max_length=40, default="", blank=True, help_text="PostgreSQL's number of the transaction that wrote the event; empty on SQLite."
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"event #{self.event}"


class LedgerObject(models.Model):
    """How many events an object has. Its row is locked until the transaction ends, so that their numbers have no gap."""

    model = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    last = models.PositiveBigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["model", "key"], name="ledger_object_once")]

    def __str__(self) -> str:
        return f"{self.model} {self.key}: {self.last}"


class PersonalCard(models.Model):
    """What a person is called, kept beside the ledger. Events hold only `token`, so that a card can be erased and every proof stays valid."""

    token = models.CharField(max_length=64, primary_key=True, help_text="HMAC-SHA256 of the value under the salt, in hexadecimal.")
    subject = models.CharField(max_length=100, help_text="Whom it is about, such as 'person:7'.")
    value = models.TextField()
    salt = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["subject", "value"], name="personal_card_once")]

    def __str__(self) -> str:
        return self.token


class ForgottenSubject(models.Model):
    """Somebody whose cards were erased. What later events say of them is committed to as ever, and no card is written for it."""

    subject = models.CharField(max_length=100, primary_key=True, help_text="Such as 'person:7'.")
    since = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.subject
