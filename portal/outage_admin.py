"""Outages as an administrator reads them: what was not well, since when, who noticed, when it was over."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from portal.foundation import clock
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.only_read import OnlyRead
from portal.models import Outage


@admin.register(Outage)
class OutageAdmin(OnlyRead, ModelAdmin):
    """The watch writes them; what was only suspected is not shown."""

    list_display = ("words", "told", "ended", "noticed_by")
    list_display_links = None
    empty_list = "When the engine, the sender, the job queue or a channel fails, it is listed here. That has not happened yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Outage]:
        told: QuerySet[Outage] = super().get_queryset(request).exclude(told_at=None)
        return told

    @admin.display(description="Told", ordering="told_at")
    def told(self, outage: Outage) -> SafeString | str:
        return moment(outage.told_at, clock.now())

    @admin.display(description="Over", ordering="ended_at")
    def ended(self, outage: Outage) -> SafeString | str:
        return moment(outage.ended_at, clock.now()) if outage.ended_at else "It lasts"
