"""A hand-off and its two signatures."""

from django.db import models
from django.db.models import F, Q

from portal.foundation.base_models import tracked


class HandOff(models.Model):
    """Responsibility for one track of an incident goes from a giver to a receiver, and both sign.

    A person who hands over signs by doing so; the receiver's acceptance moves the responsibility. Where the engine escalated, the
    receiver signed by acknowledging, and whoever held it before still has to sign that it was handed over.
    """

    class Kind(models.TextChoices):
        FUNCTIONAL = "functional", "functional: to deeper skills"
        HIERARCHICAL = "hierarchical", "hierarchical: to management"
        PEER = "peer", "to a colleague"
        SHIFT = "shift", "at the change of shift"

    class State(models.TextChoices):
        OPEN = "open", "waits for a signature"
        SIGNED = "signed", "signed by both"
        DECLINED = "declined", "declined"
        WITHDRAWN = "withdrawn", "withdrawn"
        WAIVED = "waived", "closed without the missing signature"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="hand_offs")
    run = models.ForeignKey("incidents.EscalationRun", null=True, on_delete=models.PROTECT, related_name="hand_offs")
    track = models.CharField(max_length=20, default="technical")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.PEER)
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN, editable=False)
    giver = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="hand_offs_given")
    receiver = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="hand_offs_received")
    team = models.ForeignKey(
        "policies.Team",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Offered to a team: whoever of it accepts becomes the receiver.",
    )
    by_engine = models.BooleanField(default=False, editable=False, help_text="The escalation moved it; nobody asked.")
    note = models.TextField(help_text="What the receiver has to know: what was done, what is open, what comes next.")
    offered_at = models.DateTimeField(editable=False)
    offered_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    given_at = models.DateTimeField(null=True, editable=False, help_text="When the giver signed.")
    received_at = models.DateTimeField(null=True, editable=False, help_text="When the receiver signed.")
    settled_at = models.DateTimeField(null=True, editable=False)
    settled_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    answer = models.TextField(blank=True, editable=False, help_text="What was said with the acceptance, the refusal or the waiver.")
    content = models.JSONField(default=dict, editable=False, help_text="What both signed: who, what, and how the escalation stood.")
    content_sha256 = models.CharField(max_length=64, editable=False, help_text="Hash of what both signed.")
    reminded = models.PositiveSmallIntegerField(default=0, editable=False)
    remind_at = models.DateTimeField(null=True, editable=False)
    history = tracked()

    class Meta:
        ordering = ["-offered_at", "-id"]
        verbose_name = "hand-off"
        default_permissions = ("view",)
        permissions = [("waive_handoff", "Can close a hand-off without the missing signature")]
        constraints = [
            # What was accepted has moved, whoever still has to sign; until then it is offered once.
            models.UniqueConstraint(
                fields=["incident", "track"], condition=Q(state="open", received_at__isnull=True), name="one_offer_per_track"
            ),
            models.CheckConstraint(
                name="hand_off_to_somebody_else",
                condition=Q(receiver__isnull=True) | ~Q(giver=F("receiver")),
                violation_error_message="Responsibility is handed to somebody else.",
            ),
            models.CheckConstraint(
                name="hand_off_has_a_receiver",
                condition=Q(receiver__isnull=False) | Q(team__isnull=False),
                violation_error_message="Say to whom: a person or a team.",
            ),
            models.CheckConstraint(
                name="signed_hand_off_has_both_signatures",
                condition=~Q(state="signed") | Q(given_at__isnull=False, received_at__isnull=False, receiver__isnull=False),
            ),
            models.CheckConstraint(
                name="settled_hand_off_has_its_time",
                condition=Q(state="open", settled_at__isnull=True) | ~Q(state="open") & Q(settled_at__isnull=False),
            ),
            models.CheckConstraint(name="waived_hand_off_has_a_reason", condition=~Q(state="waived") | ~Q(answer="")),
        ]
        indexes = [
            models.Index(fields=["remind_at"], name="hand_off_to_remind", condition=Q(state="open")),
            models.Index(fields=["incident", "state"], name="hand_off_of_incident"),
            models.Index(fields=["-offered_at", "-id"], name="hand_off_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.giver} to {self.receiver or self.team}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_offer(self) -> bool:
        """Whether it still waits for somebody to accept; until then the giver has the responsibility."""
        return self.is_open and self.received_at is None

    @property
    def lacks(self) -> tuple[str, ...]:
        """Whose signatures are missing: 'giver', 'receiver'. Nothing once it is settled."""
        if not self.is_open:
            return ()
        return tuple(side for side, at in (("receiver", self.received_at), ("giver", self.given_at)) if at is None)
