"""A post-mortem of an incident, and the actions that came of it."""

from django.db import models
from django.db.models import Q

from portal.foundation.base_models import tracked


class PostMortem(models.Model):
    """What happened, what made it possible and what is learned from it; in roles, never in names of people."""

    class State(models.TextChoices):
        DRAFT = "draft", "being written"
        PUBLISHED = "published", "published"
        WAIVED = "waived", "waived"

    incident = models.OneToOneField("incidents.Incident", on_delete=models.PROTECT, editable=False, related_name="post_mortem")
    level = models.PositiveSmallIntegerField(editable=False, help_text="The highest level that its escalation reached.")
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT, editable=False)
    owner = models.ForeignKey(
        "portal.User",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who sees to it that it is written, and is reminded when it is overdue.",
    )
    due = models.DateField(help_text="Until when it is to be published.")
    summary = models.TextField("what happened", blank=True, help_text="The course in order, in roles: 'the first on call', not a name.")
    impact = models.TextField(blank=True, help_text="Who noticed what, for how long.")
    contributing = models.TextField(
        "contributing factors",
        blank=True,
        help_text="What made it possible, longer or worse: in systems, rules, tools and information. What people did made sense to them then; "
        "say why.",
    )
    went_well = models.TextField(blank=True, help_text="What kept it from being worse, and should stay as it is.")
    lessons = models.TextField(blank=True, help_text="What others should know from now on.")
    opened_at = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(null=True, editable=False, help_text="When it was published or waived.")
    ended_by = models.ForeignKey("portal.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    waiver = models.TextField(blank=True, editable=False, help_text="Why none is written.")
    history = tracked()

    class Meta:
        ordering = ["-opened_at", "-id"]
        verbose_name = "post-mortem"
        default_permissions = ("view", "change")
        permissions = [("waive_postmortem", "Can waive a post-mortem")]
        constraints = [
            models.CheckConstraint(
                name="post_mortem_ended_by_somebody",
                condition=Q(state="draft", ended_at__isnull=True, ended_by__isnull=True)
                | ~Q(state="draft") & Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
            models.CheckConstraint(
                name="published_post_mortem_is_whole",
                condition=~Q(state="published") | ~Q(summary="") & ~Q(contributing="") & ~Q(lessons=""),
            ),
            models.CheckConstraint(name="waived_post_mortem_says_why", condition=Q(state="waived") ^ Q(waiver="")),
        ]
        indexes = [models.Index(fields=["due"], name="post_mortem_to_write", condition=Q(state="draft"))]

    def __str__(self) -> str:
        return f"Post-mortem of {self.incident.number}"


class PostMortemAction(models.Model):
    """Something to do so that it happens less, or is noticed or solved sooner; by whom and until when."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        DONE = "done", "done"
        DROPPED = "dropped", "dropped"

    post_mortem = models.ForeignKey("incidents.PostMortem", on_delete=models.PROTECT, related_name="actions")
    text = models.CharField("action", max_length=300, help_text="What is different when it is done.")
    owner = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    due = models.DateField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN, editable=False)
    settled_at = models.DateTimeField(null=True, editable=False)
    settled_by = models.ForeignKey("portal.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    outcome = models.TextField(blank=True, editable=False)
    history = tracked()

    class Meta:
        ordering = ["due", "id"]
        verbose_name = "action of a post-mortem"
        verbose_name_plural = "actions of post-mortems"
        default_permissions = ("view", "add", "change", "delete")
        constraints = [
            models.CheckConstraint(
                name="post_mortem_action_settled_whole",
                condition=Q(state="open", settled_at__isnull=True, settled_by__isnull=True, outcome="")
                | ~Q(state="open") & Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(outcome=""),
            )
        ]
        indexes = [models.Index(fields=["due"], name="post_mortem_action_to_do", condition=Q(state="open"))]

    def __str__(self) -> str:
        return self.text[:80]
