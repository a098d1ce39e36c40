"""What is prepared for dashboards, worked out again when it is lost; and the dashboards that people keep."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.keeping.models import Kept, once


class DayFacts(models.Model):
    """The facts of the incidents that were opened on one day (UTC), column by column."""

    day = models.DateField(primary_key=True)
    stale = models.BooleanField(default=True, help_text="Something about its incidents has changed since it was read.")
    columns = models.BinaryField(default=b"", help_text="As reports.dashboards.columns packs them.")
    incidents = models.PositiveIntegerField(default=0)
    read_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["day"], name="day_facts_stale", condition=Q(stale=True))]

    def __str__(self) -> str:
        return f"facts of {self.day}"


class QuarterFigures(models.Model):
    """Every figure of a quarter for the whole organisation or for one part of it."""

    class Dimension(models.TextChoices):
        WHOLE = "all", "The whole organisation"
        UNIT = "unit", "Business unit"
        SERVICE = "service", "Service"
        TEAM = "team", "Assignment group"
        SEVERITY = "severity", "Severity"

    quarter = models.CharField(max_length=6, help_text="e.g. 2016Q1")
    dimension = models.CharField(max_length=10, choices=Dimension.choices)
    part = models.CharField(max_length=20, blank=True, help_text="The key of the unit, service or group, or the severity.")
    figures = models.JSONField()
    prepared_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["dimension", "part", "quarter"], name="quarter_figures_once")]

    def __str__(self) -> str:
        return f"figures of {self.quarter}, {self.dimension} {self.part}".strip()


class FactsProgress(models.Model):
    """One row: how far the facts have followed what happened."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    marks = models.JSONField(default=dict, help_text="The last row of each table that was looked at.")
    catalogue = models.JSONField(default=list, help_text="Which figures there are, with their definitions.")
    places = models.JSONField(default=dict, help_text="Names of services and groups, and where they belong, as the figures have them.")
    waiting = models.JSONField(default=list, help_text="Quarters whose figures have to be worked out anew from their days.")
    up_to = models.DateTimeField(null=True, help_text="What was told until then is in the figures.")
    taken_until = models.DateTimeField(null=True, help_text="Until when somebody prepares; another may go on after it.")

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="facts_progress_once")]

    def __str__(self) -> str:
        return f"facts up to {self.up_to}"


class Dashboard(Kept):
    """Chosen figures of a chosen part under a name."""

    is_shared = models.BooleanField(default=False, help_text="Others who may see its figures see it; else its owner alone.")

    class Meta:
        default_permissions = ("view",)
        ordering = ["name", "id"]
        constraints = [once("dashboard_once", "dashboard")]


class DashboardVersion(models.Model):
    """What a dashboard showed from one time to the next. Never changed: the database refuses it."""

    dashboard = models.ForeignKey(Dashboard, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField(help_text="Names of figures, dimension and part.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["dashboard", "-number"]
        constraints = [models.UniqueConstraint(fields=["dashboard", "number"], name="dashboard_version_once")]

    def __str__(self) -> str:
        return f"{self.dashboard} v{self.number}"
