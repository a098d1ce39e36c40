"""Imports and the source's records: read, never changed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from incidents.imports.report import as_text
from incidents.models import ImportRun, SourceRecord
from portal.foundation import clock
from portal.foundation.adminkit.moments import moment, written
from portal.foundation.adminkit.only_read import OnlyRead
from portal.foundation.adminkit.paginators import BoundedPaginator


class _ReadOnly(OnlyRead, ModelAdmin):
    """A page that only shows. What came from elsewhere stays as it came."""

    show_full_result_count = False
    list_per_page = 50

    class Media:
        css = {"all": ("adminkit/adminkit.css",)}


@admin.register(ImportRun)
class ImportRunAdmin(_ReadOnly):
    """Which log came in, by whom, when, with what result."""

    list_display = ("file_name", "source", "started", "person_name", "rows_read", "incidents_created", "incidents_changed", "rows_rejected")
    list_filter = ("source",)
    search_fields = ("file_name", "file_sha256", "person_name")
    fields = ("file_name", "source", "file_sha256", "started", "person_name", "records", "reconciliation")
    readonly_fields = fields
    empty_list = "Nothing was imported yet. At the server: python manage.py import_servicenow_log FILE --dry-run"

    @admin.display(description="imported", ordering="sequence")
    def started(self, run: ImportRun) -> SafeString | str:
        return moment(run.started_at, clock.now())

    @admin.display(description="rows read")
    def rows_read(self, run: ImportRun) -> str:
        return _count(run, "rows", "read")

    @admin.display(description="incidents created")
    def incidents_created(self, run: ImportRun) -> str:
        return _count(run, "incidents", "created")

    @admin.display(description="incidents changed")
    def incidents_changed(self, run: ImportRun) -> str:
        return _count(run, "incidents", "changed")

    @admin.display(description="rows rejected")
    def rows_rejected(self, run: ImportRun) -> str:
        return _count(run, "rows", "rejected")

    @admin.display(description="records of the source")
    def records(self, run: ImportRun) -> SafeString:
        address = reverse("admin:incidents_sourcerecord_changelist")
        return format_html('<a href="{}?run__id__exact={}">{} records</a>', address, run.pk, _count(run, "rows", "new"))

    @admin.display(description="reconciliation report")
    def reconciliation(self, run: ImportRun) -> SafeString:
        return format_html(
            '<pre class="overflow-x-auto" tabindex="0" role="region" aria-label="Reconciliation report">{}</pre>', as_text(run.report)
        )


@admin.register(SourceRecord)
class SourceRecordAdmin(_ReadOnly):
    """One record as its source had it: where a figure of an imported incident comes from."""

    list_display = ("incident_number", "time", "line", "file")
    list_select_related = ("incident", "run")
    list_filter = ()
    search_fields = ("=incident__number",)
    search_help_text = "An incident's whole number, such as INC0000045."
    ordering = ("-pk",)
    paginator = BoundedPaginator
    fields = ("incident_number", "time", "file", "line", "digest", "as_it_was")
    readonly_fields = fields
    empty_list = "No records: they come with an import."

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        records: QuerySet = super().get_queryset(request)
        return records.select_related("incident", "run")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "run__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="incident", ordering="incident__number")
    def incident_number(self, record: SourceRecord) -> str:
        return record.incident.number

    @admin.display(description="time in the source")
    def time(self, record: SourceRecord) -> str:
        return written(record.recorded_at)

    @admin.display(description="file")
    def file(self, record: SourceRecord) -> str:
        return record.run.file_name

    @admin.display(description="as the source had it")
    def as_it_was(self, record: SourceRecord) -> SafeString:
        rows = format_html_join("", "<tr><th scope='row'>{}</th><td>{}</td></tr>", record.values.items())
        return format_html("<table>{}</table>", rows)


def _count(run: ImportRun, group: str, name: str) -> str:
    return f"{run.report[group][name]:,}"
