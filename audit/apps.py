"""Start-up of the trail: its guards in the database, and its ear on history rows."""

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate, pre_migrate


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Audit trail"

    def ready(self) -> None:
        from django_q.signals import post_execute_in_worker, pre_enqueue, pre_execute
        from simple_history.signals import post_create_historical_record

        from portal.foundation import database_guards
        from portal.foundation.access.checks import refused
        from portal.foundation.access.deciders import Decision, decisions
        from portal.foundation.access.elevated import running
        from portal.foundation.access.grants import around, before_granting
        from portal.foundation.adminkit.frame import frames
        from portal.foundation.jobs import Job, declare
        from portal.foundation.watch.probes import probes

        from .anchors.checks import check_anchors
        from .anchors.known import troubles
        from .anchors.lost import largest_size_anywhere, take_again
        from .anchors.spool import keep
        from .capture import alarms as capture_alarms
        from .capture import installing, witnesses
        from .duties import at_once
        from .duties.granting import refuse_grant
        from .elevation.guards import GUARDS as ELEVATIONS
        from .elevation.services import running_of
        from .events import accounts, denials, present
        from .events.covering import covered
        from .events.receivers import history_row_written
        from .events.rights import watch
        from .events.services import act
        from .ledger.guards import APPEND_ONLY, INTO_THE_INBOX
        from .ledger.services import hearers
        from .reading.guards import GUARDS as READING
        from .recertification.guards import GUARDS as ACCESS_REVIEWS
        from .retention.deciding import why_not_approve
        from .retention.guards import GUARDS as RETENTION
        from .reviews.guards import GUARDS as REVIEWS
        from .sealing import alarms, epochs
        from .sealing.guards import GROWING_ONLY

        frames.register("act", act)
        around.register("trail", covered)
        before_granting.register("duties", refuse_grant)
        running.register("elevation", running_of)
        database_guards.guards.register(
            self.label, APPEND_ONLY + INTO_THE_INBOX + GROWING_ONLY + RETENTION + REVIEWS + READING + ELEVATIONS + ACCESS_REVIEWS
        )
        pre_migrate.connect(database_guards.drop_before_migrate, sender=self)
        post_migrate.connect(database_guards.install_after_migrate, sender=self)
        installing.connect(self)
        database_guards.beside.register("witnesses", witnesses.NAME)
        probes.register("unattributed changes", capture_alarms.unattributed)
        probes.register("witnesses", capture_alarms.witnesses)
        probes.register("guards", capture_alarms.guards)
        declare(
            Job(
                name="unattributed-changes",
                function="audit.tasks.reconcile_changes",
                every_minutes=1,
                why="Reports what was changed in the database past the portal.",
            )
        )
        declare(
            Job(
                name="removals",
                function="audit.tasks.carry_out_removals",
                every_minutes=5,
                why="Removes from the trail what two people have let go, as soon as no hold is on it.",
            )
        )
        post_create_historical_record.connect(history_row_written)
        decisions.register(
            "audit.removal",
            Decision(
                "approve it",
                "audit.approve_removal",
                lambda removal, people: {person.pk: why_not_approve(removal, person) for person in people},
            ),
        )
        watch()
        accounts.watch()
        at_once.watch()
        refused.register("trail", denials.hear)
        pre_enqueue.connect(present.sign_task)
        pre_execute.connect(present.begin_task)
        post_execute_in_worker.connect(present.end_task)
        probes.register("ledger", alarms.ledger)
        epochs.known_sizes.register("anchors", largest_size_anywhere)
        epochs.given_up.register("anchors", take_again)
        probes.register("anchors", troubles)
        hearers.register("receipts", keep)
        register(check_anchors)
        declare(
            Job(
                name="duties",
                function="audit.tasks.check_duties",
                every_minutes=24 * 60,
                why="Looks who holds duties that must not meet in one person, and who did both on one object.",
            )
        )
        declare(
            Job(
                name="access-reviews",
                function="audit.tasks.review_access",
                every_minutes=60,
                why="Opens reviews of who holds what when their time has come, and alarms about those that are overdue.",
            )
        )
        declare(
            Job(
                name="elevations",
                function="audit.tasks.remind_of_elevations",
                every_minutes=60,
                why="Reminds of roles that were taken for minutes and that nobody reviewed in time.",
            )
        )
        declare(
            Job(
                name="log-reviews",
                function="audit.tasks.keep_log_reviews",
                every_minutes=5,
                why="Opens the reviews of the audit trail that are due, and reminds of those that are overdue.",
            )
        )
        declare(
            Job(
                name="receipts",
                function="audit.tasks.check_receipts",
                every_minutes=1,
                why="Tells when an event was removed or changed between its writing and its sealing.",
            )
        )
        declare(
            Job(
                name="old-evidence",
                function="audit.tasks.remove_old_evidence",
                every_minutes=60,
                why="Deletes bundles of evidence that were written a week ago; what was exported, by whom and why, stays.",
            )
        )
