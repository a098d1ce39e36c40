"""Which quarter, in which formats."""

from datetime import datetime
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from reports.exports.formats import FORMATS
from reports.metrics.queries import quarters_with_incidents
from reports.packs.quarters import Progress, Quarter

_FORMAT_WORDS = {"json": "JSON, for machines", "csv": "CSV, a file a table", "xlsx": "XLSX, a sheet a table", "pdf": "PDF, for people"}


class BuildForm(forms.Form):
    """Offers the quarters that have incidents, and the running one; the latest finished one is chosen at first."""

    quarter = forms.ChoiceField(widget=UnfoldAdminSelectWidget, help_text="Quarters with incidents, and the running one. Times are UTC.")
    formats = forms.MultipleChoiceField(
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        choices=[(name, _FORMAT_WORDS[name]) for name in FORMATS],
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


def _words(quarter: Quarter, now: datetime) -> str:
    running = ", still running" if quarter.progress(now) is Progress.RUNNING else ""
    return f"{str(quarter)[4:]} {quarter.year} ({quarter.days_in_words}{running})"
