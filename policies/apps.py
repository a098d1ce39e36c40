"""Start-up of the rules: their guards in the database, their jobs, and what they know for reviews."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class PoliciesConfig(AppConfig):
    name = "policies"
    verbose_name = "Policies and duty"

    def ready(self) -> None:
        from audit.duties.trail import records
        from audit.recertification.snapshot import answering, belonging
        from portal.foundation import database_guards
        from portal.foundation.access.deciders import Decision, decisions
        from portal.foundation.directory.on_duty import duties
        from portal.foundation.jobs import Job, declare

        from .attestations import guards as acceptance_guards
        from .catalogue.belonging import where, who_answers
        from .governance import guards
        from .governance.approvers import why_not_each
        from .governance.own_approvals import own_approvals
        from .oncall import guards as duty_guards
        from .oncall.soon import on_duty_soon
        from .reviews import guards as review_guards
        from .reviews import own_evidence
        from .reviews.evidence import providers
        from .simulation import guards as replay_guards

        governed = (*guards.GOVERNED, *replay_guards.GOVERNED, *review_guards.GOVERNED, *acceptance_guards.GOVERNED, *duty_guards.GOVERNED)
        database_guards.guards.register(self.label, governed)
        providers.register(self.label, own_evidence.sections)
        records.register(self.label, own_approvals)
        belonging.register(self.label, where)
        answering.register(self.label, who_answers)
        duties.register(self.label, on_duty_soon)
        decisions.register("policies.policyversion", Decision("approve it", "policies.approve_policyversion", why_not_each))
        decisions.register(
            "policies.urgentpublication",
            Decision(
                "review it", "policies.review_urgentpublication", lambda publication, people: why_not_each(publication.version, people)
            ),
        )
        # Every hour, so that what begins with a day begins with it in every time zone.
        declare(
            Job(
                name="policy-reviews",
                function="policies.tasks.reviews_sweep",
                every_minutes=60,
                why="Opens reviews whose period is over and takes overdue ones to the owner's manager.",
            )
        )
        declare(
            Job(
                name="policy-acceptances",
                function="policies.tasks.acceptances_sweep",
                every_minutes=60,
                why="Tells people once which policies they have to accept, and once when that is overdue.",
            )
        )
        declare(
            Job(
                name="duty-swaps",
                function="policies.tasks.swaps_sweep",
                every_minutes=5,
                why="Lets swaps lapse whose first shift began before both people had accepted.",
            )
        )
        declare(
            Job(
                name="holiday-calendars",
                function="policies.tasks.holidays_sweep",
                # Once a week: a month is more minutes than the schedule can hold.
                every_minutes=7 * 24 * 60,
                why="Fills holiday calendars with the public holidays of the years that have come into sight.",
            )
        )
        declare(
            Job(
                name="duty-coverage",
                function="policies.tasks.coverage_sweep",
                every_minutes=60,
                why="Looks for gaps in the duty of the next 90 days every night, and after a schedule changed.",
            )
        )
        declare(
            Job(
                name="calendars",
                function="policies.tasks.calendars_sweep",
                every_minutes=5,
                why="Reads calendars that say who is on duty or away from their addresses, and keeps half a year ahead filled.",
            )
        )
        pre_migrate.connect(database_guards.drop_before_migrate, sender=self)
        post_migrate.connect(database_guards.install_after_migrate, sender=self)
