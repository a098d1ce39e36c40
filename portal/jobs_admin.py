"""The recurring jobs as an administrator reads them: what runs, how often, when next, and how it went last."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django_q.admin import FailAdmin, QueueAdmin, TaskAdmin
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin

from portal.foundation import clock
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.only_read import OnlyRead
from portal.foundation.jobs import OURS, jobs

for model in (Schedule, Success, Failure, OrmQ):
    admin.site.unregister(model)


# Whoever may see what ran starts nothing by it: no event would tell who did, and why.
@admin.register(Success)
class DoneAdmin(OnlyRead, TaskAdmin):
    """What ran."""


@admin.register(Failure)
class FailedAdmin(OnlyRead, FailAdmin):
    """What ran and failed."""


@admin.register(OrmQ)
class QueuedAdmin(OnlyRead, QueueAdmin):
    """What waits to be run."""


@admin.register(Schedule)
class RecurringJobAdmin(OnlyRead, ModelAdmin):
    """Jobs are declared in code, so the page is read only."""

    list_display = ("job", "why", "every", "next", "last_time")
    list_display_links = None
    ordering = ("name",)
    empty_list = "The portal's jobs appear here once its engine has started."

    @admin.display(description="Job", ordering="name")
    def job(self, schedule: Schedule) -> str:
        return str(schedule.name).removeprefix(OURS).replace("-", " ").capitalize()

    @admin.display(description="What for")
    def why(self, schedule: Schedule) -> str:
        name = str(schedule.name).removeprefix(OURS)
        return next((job.why for key, job in jobs if key == name), "Made by hand, not by the portal.")

    @admin.display(description="Runs")
    def every(self, schedule: Schedule) -> str:
        return (
            f"every {schedule.minutes} min"
            if schedule.schedule_type == Schedule.MINUTES
            else str(schedule.get_schedule_type_display()).lower()
        )

    @admin.display(description="Next", ordering="next_run")
    def next(self, schedule: Schedule) -> SafeString | str:
        return moment(schedule.next_run, clock.now())

    @admin.display(description="Last time")
    def last_time(self, schedule: Schedule) -> str:
        return {True: "succeeded", False: "failed", None: "has not run yet"}[schedule.success()]
