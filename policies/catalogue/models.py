"""Business units, regions, teams, roles, customer segments, runbooks, services and components."""

from django.core.exceptions import ValidationError
from django.db import models

from policies.decisions.vocabulary import Criticality, Mandate
from portal.foundation.base_models import tracked
from portal.foundation.people.models import validate_time_zone

from .mandates import validate_mandates


class Origin(models.TextChoices):
    PORTAL = "portal", "made here"
    IMPORTED = "imported", "from an imported log"


class BusinessUnit(models.Model):
    """A part of the organisation with its own responsibility."""

    name = models.CharField(max_length=120, unique=True)
    part_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="parts",
        help_text="Rights that are given on that unit then count here too.",
    )
    history = tracked()

    class Meta:
        ordering = ["name"]
        permissions = [
            ("see_unit_incidents", "Can see the incidents of this business unit"),
            ("work_unit_incidents", "Can work the incidents of this business unit"),
            ("audit_unit", "Can audit what belongs to this business unit"),
        ]
        constraints = [
            models.CheckConstraint(
                name="no_unit_is_part_of_itself",
                condition=models.Q(part_of__isnull=True) | ~models.Q(part_of=models.F("id")),
                violation_error_message="A business unit is no part of itself.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuses a circle of units."""
        above, passed = self.part_of, {self.pk}
        while above is not None and above.pk not in passed:
            passed.add(above.pk)
            above = above.part_of
        if above is not None and self.pk is not None:
            raise ValidationError({"part_of": f"{self.part_of} is itself a part of {self.name}, directly or through others."})


class Region(models.Model):
    """A part of the world with its own people, languages or law."""

    name = models.CharField(max_length=120, unique=True)
    people = models.ManyToManyField("portal.User", blank=True, related_name="regions", help_text="Who works in this region.")
    history = tracked(m2m=(people,))

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A function that somebody holds, such as head of payments. Policies name the role, so that they outlive its holder."""

    name = models.CharField(max_length=120, unique=True)
    holder = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="held_roles")
    deputy = models.ForeignKey(
        "portal.User",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="deputised_roles",
        help_text="Is alerted in the holder's place when the holder cannot be reached.",
    )
    history = tracked()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="role_deputy_is_somebody_else",
                condition=models.Q(holder__isnull=True) | models.Q(deputy__isnull=True) | ~models.Q(holder=models.F("deputy")),
                violation_error_message="The deputy must be somebody else than the holder.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class DelegatedAuthority(models.Model):
    """What a person may decide in a region on the organisation's behalf, within limits and until a day."""

    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="delegated_authority")
    region = models.ForeignKey("policies.Region", on_delete=models.PROTECT, related_name="delegated_authority")
    mandates = models.CharField(
        "may",
        max_length=120,
        validators=[validate_mandates],
        help_text=f"Any of: {', '.join(Mandate)}.",
    )
    limits = models.TextField(blank=True, help_text="e.g. up to 20,000 EUR; not the ledger.")
    valid_from = models.DateField("from")
    valid_until = models.DateField("until", help_text="The last day.")
    delegated_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    history = tracked()

    class Meta:
        ordering = ["region__name", "person__display_name", "valid_from"]
        verbose_name_plural = "delegated authority"
        constraints = [
            models.CheckConstraint(
                name="delegation_ends_after_it_starts",
                condition=models.Q(valid_until__gte=models.F("valid_from")),
                violation_error_message="The last day must not be before the first.",
            ),
            models.CheckConstraint(
                name="nobody_delegates_to_themselves",
                condition=models.Q(delegated_by__isnull=True) | ~models.Q(delegated_by=models.F("person")),
                violation_error_message="Authority is delegated by somebody else.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.region}"


class CustomerSegment(models.Model):
    """A group of customers, and how much hangs on it."""

    name = models.CharField(max_length=120, unique=True)
    criticality = models.PositiveSmallIntegerField(choices=[(step.value, step.label) for step in Criticality], default=Criticality.NORMAL)
    description = models.TextField(blank=True)
    history = tracked()

    class Meta:
        ordering = ["-criticality", "name"]

    def __str__(self) -> str:
        return self.name


class Runbook(models.Model):
    """What to do, step by step: a text here, or a link to where it is kept."""

    title = models.CharField(max_length=150, unique=True)
    url = models.URLField("link", blank=True, max_length=500, help_text="Where the steps are kept, when not here.")
    steps = models.TextField(blank=True, help_text="The steps themselves. They can be read when everything else is down.")
    owner = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    history = tracked()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                name="runbook_says_something",
                condition=~models.Q(url="") | ~models.Q(steps=""),
                violation_error_message="Give a link or the steps.",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Team(models.Model):
    """People who look after services together; ITIL's support group."""

    name = models.CharField(max_length=120, unique=True)
    business_unit = models.ForeignKey("policies.BusinessUnit", null=True, blank=True, on_delete=models.PROTECT, related_name="teams")
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[validate_time_zone], help_text="Where most of the team works, e.g. Europe/Madrid."
    )
    members = models.ManyToManyField("portal.User", blank=True, related_name="teams")
    origin = models.CharField(max_length=20, choices=Origin.choices, default=Origin.PORTAL, editable=False)
    history = tracked(m2m=(members,))

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """Something users rely on. Policies and incidents hang on it."""

    class Tier(models.IntegerChoices):
        TIER_1 = 1, "Tier 1: critical"
        TIER_2 = 2, "Tier 2: important"
        TIER_3 = 3, "Tier 3: standard"

    name = models.CharField(max_length=120, unique=True)
    key = models.SlugField(max_length=120, unique=True, help_text="Short name for the API, e.g. card-payments.")
    description = models.TextField(blank=True)
    tier = models.PositiveSmallIntegerField(choices=Tier.choices, null=True, blank=True)
    business_unit = models.ForeignKey("policies.BusinessUnit", null=True, blank=True, on_delete=models.PROTECT, related_name="services")
    team = models.ForeignKey("policies.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="services")
    owner = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="owned_services")
    regulated = models.BooleanField(default=False, help_text="A regulated workload, such as payments.")
    executive_system = models.BooleanField(default=False, help_text="The management works with it; its outage is an exception of its own.")
    promised_response = models.DurationField(
        null=True, blank=True, help_text="Promised to customers (SLA): somebody answers within this time of the opening, e.g. 30 min."
    )
    promised_resolution = models.DurationField(
        null=True, blank=True, help_text="Promised to customers (SLA): solved within this time of the opening, e.g. 4 h."
    )
    runbooks = models.ManyToManyField("policies.Runbook", blank=True, related_name="services")
    origin = models.CharField(max_length=20, choices=Origin.choices, default=Origin.PORTAL, editable=False)
    history = tracked(m2m=(runbooks,))

    class Meta:
        ordering = ["name"]
        permissions = [
            ("see_service_incidents", "Can see the incidents of this service"),
            ("work_service_incidents", "Can work the incidents of this service"),
            ("audit_service", "Can audit what belongs to this service"),
        ]

    def __str__(self) -> str:
        return self.name


class Component(models.Model):
    """A part of a service."""

    service = models.ForeignKey("policies.Service", on_delete=models.PROTECT, related_name="components")
    name = models.CharField(max_length=120)
    origin = models.CharField(max_length=20, choices=Origin.choices, default=Origin.PORTAL, editable=False)
    history = tracked()

    class Meta:
        ordering = ["service__name", "name"]
        constraints = [models.UniqueConstraint(fields=["service", "name"], name="component_once_per_service")]

    def __str__(self) -> str:
        return self.name
