"""Which quarter, of which unit, in which formats; and what evidence is for."""

from datetime import datetime
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from policies.models import BusinessUnit
from reports.exports.formats import FORMATS
from reports.metrics.queries import quarters_with_incidents
from reports.packs.quarters import Progress, Quarter

FORMAT_WORDS = {"json": "JSON, for machines", "csv": "CSV, a file a table", "xlsx": "XLSX, a sheet a table", "pdf": "PDF, for people"}


class BuildForm(forms.Form):
    """Offers the quarters that have incidents, and the running one; the latest finished one is chosen at first."""

    quarter = forms.ChoiceField(widget=UnfoldAdminSelectWidget, help_text="Quarters with incidents, and the running one. Times are UTC.")
    unit = forms.ModelChoiceField(
        queryset=BusinessUnit.objects.order_by("name"),
        required=False,
        empty_label="The whole organisation",
        label="Business unit",
        widget=UnfoldAdminSelectWidget,
        help_text="With all units that are part of it.",
    )
    formats = forms.MultipleChoiceField(
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        choices=[(name, FORMAT_WORDS[name]) for name in FORMATS],
        initial=list(FORMATS),
        help_text="One PDF, XLSX or JSON comes as it is; several files come as a ZIP archive.",
        error_messages={"required": "Choose at least one format."},
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["quarter"]
        quarters = sorted({Quarter.of(start) for start in quarters_with_incidents()} | {Quarter.of(now)}, reverse=True)
        field.choices = [(str(quarter), _words(quarter, now)) for quarter in quarters]  # type: ignore[attr-defined]
        field.initial = next((str(quarter) for quarter in quarters if quarter.progress(now) is Progress.OVER), str(quarters[0]))

    def clean_quarter(self) -> Quarter:
        return Quarter.parse(self.cleaned_data["quarter"])


class ReasonForm(forms.Form):
    """What the evidence is for."""

    reason = forms.CharField(
        label="What it is for",
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="The words stay in the audit trail.",
        error_messages={"required": "Say what it is for."},
    )


def _words(quarter: Quarter, now: datetime) -> str:
    running = ", still running" if quarter.progress(now) is Progress.RUNNING else ""
    return f"{str(quarter)[4:]} {quarter.year} ({quarter.days_in_words}{running})"
