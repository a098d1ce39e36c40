"""The levels of each track, with whom they alert, and what a severity changes of the technical one."""

from typing import Any

from django import forms
from django.db import models
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from policies.decisions.vocabulary import Mandate, Track
from policies.models import Level, SeverityOverride, Target
from policies.pathways.wanted import items

from .rows import BlockSection, ContentRow, ContentRows, DayField, InnerTable, TableSection


class MandatesField(forms.MultipleChoiceField):
    """Mandates as boxes to tick, kept as text with commas."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {"choices": [(mandate.value, mandate.label) for mandate in Mandate], "widget": UnfoldAdminCheckboxSelectMultipleWidget}
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return list(items(value)) if isinstance(value, str) else value

    def clean(self, value: Any) -> Any:
        return ", ".join(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(self.prepare_value(initial) or ()) != set(data or ())


class LevelForm(ContentRow):
    mandates = MandatesField(required=False, label="Mandate", help_text="What the owner may do on their own authority.")

    def clean_row(self, data: dict[str, Any]) -> None:
        for name in ("window", "backup_after"):
            if data.get(name) is not None and not data[name]:
                self.add_error(name, "Give more than no time, such as 15 min.")
        if data.get("mandates"):
            self.need("owner", data, "A mandate is somebody's: choose the owner.")
            self.need("mandate_until", data, "A mandate ends: give its last day.")


class TargetInline(InnerTable):
    model = Target
    renumbered = "position"
    fields = ("position", "person", "schedule", "role_held", "team")
    verbose_name = "person, schedule, role or team"
    verbose_name_plural = (
        "alerted: position 1 is the primary, the others are backups; each row names one person, schedule, role or team's on-call"
    )


class TrackRows(ContentRows):
    """The levels of one track; a new row belongs to it."""

    track = Track.TECHNICAL

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        if form.instance.pk is None:
            form.instance.track = self.track.value
        return form


class LevelSection(BlockSection):
    """The levels of the track that the formset names."""

    model = Level
    form = LevelForm
    renumbered = "number"
    inlines = (TargetInline,)
    together = ("owner", "region", "runbook")
    fieldsets = (
        (None, {"fields": (("number", "kind"), "name", ("window", "backup_after", "reminders"))}),
        ("Owner and mandate", {"classes": ("collapse",), "fields": ("owner", "mandates", "mandate_limits", ("region", "mandate_until"))}),
        ("Skills, languages, runbook, RCA", {"classes": ("collapse",), "fields": (("skills", "languages"), ("runbook", "needs_rca"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        targets = Target.objects.select_related("person", "schedule", "role_held", "team").order_by("position")
        return super().get_queryset(request).filter(track=self.formset.track.value).prefetch_related(Prefetch("targets", targets))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.DateField):
            return db_field.formfield(form_class=DayField)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class TechnicalRows(TrackRows):
    """The technical track."""


class StakeholderRows(TrackRows):
    """The stakeholder track."""

    track = Track.STAKEHOLDER

    @classmethod
    def get_default_prefix(cls) -> str:
        return "stakeholders"


class ComplianceRows(TrackRows):
    """The legal and compliance track."""

    track = Track.COMPLIANCE

    @classmethod
    def get_default_prefix(cls) -> str:
        return "compliance"


class TechnicalSection(LevelSection):
    formset = TechnicalRows
    section = "technical"
    verbose_name_plural = "technical track"
    about = "Who repairs. Level 1 is alerted first; when its window is over and nobody has acknowledged, the next level follows."
    when_empty = "No levels: those of the broader policy count."


class StakeholderSection(LevelSection):
    formset = StakeholderRows
    section = "stakeholder"
    verbose_name_plural = "stakeholder track"
    about = "Who is kept informed while others repair. It runs beside the technical track, with levels numbered on their own."
    when_empty = "No levels: those of the broader policy count."


class ComplianceSection(LevelSection):
    formset = ComplianceRows
    section = "compliance"
    verbose_name_plural = "legal and compliance track"
    about = "Who answers to the law. Personal data, a regulated workload or a suspected data breach starts it, and nothing can drop it."
    when_empty = "No levels: those of the broader policy count. The track itself always starts."


class SeverityOverrideSection(TableSection):
    model = SeverityOverride
    section = "severities"
    fields = ("severity", "start_level", "pace_percent")
    verbose_name = "severity"
    verbose_name_plural = "what a severity changes of the technical track"
    about = "The worst incidents may start higher, or run faster."
    when_empty = "Nothing: every severity runs the technical track as it stands."
