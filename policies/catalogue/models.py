"""Business units, teams, services and components."""

from django.db import models

from portal.foundation.base_models import tracked
from portal.foundation.people.models import validate_time_zone


class Origin(models.TextChoices):
    PORTAL = "portal", "made here"
    IMPORTED = "imported", "from an imported log"


class BusinessUnit(models.Model):
    """A part of the organisation with its own responsibility."""

    name = models.CharField(max_length=120, unique=True)
    history = tracked()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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
    origin = models.CharField(max_length=20, choices=Origin.choices, default=Origin.PORTAL, editable=False)
    history = tracked()

    class Meta:
        ordering = ["name"]
        permissions = [
            ("see_service_incidents", "Can see the incidents of this service"),
            ("work_service_incidents", "Can work the incidents of this service"),
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
