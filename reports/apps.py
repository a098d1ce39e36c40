"""Start-up of reports: their guards in the database, and their jobs."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Reports"

    def ready(self) -> None:
        from audit.retention.own_words import own_words
        from portal.foundation import database_guards
        from portal.foundation.jobs import Job, declare

        from .accountability import guards as accountability_guards
        from .accountability.erasing import forget_comments
        from .dashboards import guards as dashboard_guards
        from .packs import guards
        from .quarterly import guards as review_guards
        from .schedules import guards as schedule_guards

        database_guards.guards.register(
            self.label,
            (
                *guards.GOVERNED,
                *dashboard_guards.GUARDS,
                *review_guards.GUARDS,
                *accountability_guards.GUARDS,
                *schedule_guards.GUARDS,
            ),
        )
        own_words.register("accountability", forget_comments)
        pre_migrate.connect(database_guards.drop_before_migrate, sender=self)
        post_migrate.connect(database_guards.install_after_migrate, sender=self)
        # Half a minute apart, so that what happened is in the figures within a minute: schedules know no seconds.
        for name, later in (("prepare-facts", 0), ("prepare-facts-between", 30)):
            declare(
                Job(
                    name=name,
                    function="reports.tasks.prepare_facts",
                    every_minutes=1,
                    why="Follows what happened with the facts of the dashboards.",
                    seconds_later=later,
                )
            )
        declare(
            Job(
                name="read-facts-again",
                function="reports.tasks.read_facts_again",
                every_minutes=1440,
                why="Has the facts of the last two quarters read anew, in case a change was missed.",
            )
        )
        declare(
            Job(
                name="quarterly-reviews",
                function="reports.tasks.keep_quarterly_reviews",
                every_minutes=60,
                why="Opens the reviews of a quarter that is over, and reminds of those that are overdue and of their actions.",
            )
        )
        declare(
            Job(
                name="finished-packs",
                function="reports.tasks.finish_signed_packs",
                every_minutes=5,
                why="Builds the files of reviews that were signed.",
            )
        )
        declare(
            Job(
                name="pack-schedules",
                function="reports.tasks.keep_pack_schedules",
                every_minutes=5,
                why="Has packs made whose schedule says so, tries again what failed, and tells who has to know.",
            )
        )
        declare(
            Job(
                name="old-packs",
                function="reports.tasks.remove_old_packs",
                every_minutes=1440,
                why="Deletes packs that somebody asked for a week ago; finished ones stay.",
            )
        )
