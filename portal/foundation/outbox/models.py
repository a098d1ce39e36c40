"""A message waiting to leave, and what happened each time it was tried."""

import uuid

from django.db import models

from portal.foundation.quickly_read import QuicklyRead
from portal.foundation.secrecy import is_sealed, unseal

SEALED_BODY = "body of a message"


class OutboxMessage(QuicklyRead):
    """One message to one person. At least once: the receiver can tell a repeat by the idempotency key."""

    class State(models.TextChoices):
        PENDING = "pending", "waiting to be sent"
        SENDING = "sending", "being sent"
        AWAITING = "awaiting", "handed over, receipt awaited"
        DELIVERED = "delivered", "handed to the channel"
        BUNDLED = "bundled", "sent together with others"
        FAILED = "failed", "given up"
        CANCELLED = "cancelled", "no longer needed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60, help_text="Names the handler that hears of the outcome.")
    person = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=150)
    contact = models.ForeignKey(
        "portal.ContactPoint", null=True, on_delete=models.SET_NULL, related_name="+", help_text="Set: it goes to this one only."
    )
    subject_ref = models.CharField(max_length=100, help_text="What it is about, as model:key.")
    title = models.CharField(max_length=250)
    # See `text`.
    body = models.TextField()
    secret = models.BooleanField(default=False, help_text="The text is shown to nobody else, and forgotten once it has left.")
    confidential = models.BooleanField(default=False, help_text="Title and body go only over channels that are cleared for it.")
    discreet_title = models.CharField(max_length=250, blank=True, help_text="What channels that are not cleared carry instead.")
    link = models.CharField(max_length=300, blank=True)
    drill = models.BooleanField(default=False, help_text="Part of a drill: it goes to nobody outside it.")
    lane = models.CharField(max_length=120, blank=True, help_text="The channel that is next, and its host: a slow one delays no other.")
    bundle = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="bundled", help_text="The message that carried this one's text."
    )
    answered_at = models.DateTimeField(null=True, help_text="When the receiver answered it, by whatever way.")
    answered_by = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    answer_way = models.CharField(max_length=30, blank=True, help_text="How: link, reply, keypad, Slack, Teams.")
    urgent = models.BooleanField(default=False, help_text="It goes the way that the person chose for what cannot wait.")
    idempotency_key = models.CharField(max_length=150, unique=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    contact_position = models.PositiveSmallIntegerField(default=0, help_text="How many contact points were already given up.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="Attempts on the current contact point.")
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            # What is settled has no next attempt. SQLite would not see that a list of states in a question is the list of an index.
            models.Index(fields=["next_attempt_at"], name="outbox_waiting", condition=models.Q(next_attempt_at__isnull=False)),
            models.Index(fields=["lane", "next_attempt_at"], name="outbox_lane_waiting", condition=models.Q(next_attempt_at__isnull=False)),
            models.Index(fields=["subject_ref"], name="outbox_subject"),
            models.Index(fields=["person", "-created_at"], name="outbox_person"),
        ]
        constraints = [
            models.CheckConstraint(
                name="outbox_waiting_has_a_next_attempt",
                condition=~models.Q(state__in=["pending", "sending", "awaiting"]) | models.Q(next_attempt_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        # This stands on pages and in the trail, which more people read than may know the details.
        title = (self.discreet_title or "A confidential message") if self.confidential else self.title
        return f"{title} to {self.person_name}"

    @property
    def text(self) -> str:
        """What its receiver reads. That of a secret one is encrypted until it has left, and forgotten then."""
        return unseal(self.body, purpose=SEALED_BODY) if self.secret and is_sealed(self.body) else self.body


class DeliveryAttempt(models.Model):
    """One try over one contact point, with its outcome in words. Holds no address."""

    message = models.ForeignKey("portal.OutboxMessage", on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=20)
    contact_label = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    succeeded = models.BooleanField()
    detail = models.CharField(max_length=500, blank=True)
    provider_ref = models.CharField(max_length=120, blank=True, help_text="What the provider calls it.")
    receipt = models.CharField(max_length=20, blank=True, help_text="The furthest that the provider reported, in its own word.")
    receipt_rank = models.PositiveSmallIntegerField(default=0, help_text="How far that is: reports come out of order, and none goes back.")
    receipt_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["message", "number"]
        indexes = [models.Index(fields=["provider_ref"], name="attempt_by_provider_ref", condition=~models.Q(provider_ref=""))]
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="one_attempt_per_number")]

    def __str__(self) -> str:
        return f"attempt {self.number}: {'handed over' if self.succeeded else self.detail}"
