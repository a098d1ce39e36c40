"""Start-up of the trail: its guards in the database, and its ear on history rows."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Audit trail"

    def ready(self) -> None:
        from django_q.signals import post_execute_in_worker, pre_enqueue, pre_execute
        from simple_history.signals import post_create_historical_record

        from portal.foundation import database_guards
        from portal.foundation.adminkit.frame import frames
        from portal.foundation.watch.probes import probes

        from .anchors.known import largest_size
        from .capture import installing
        from .events import accounts, middleware, present
        from .events.receivers import history_row_written
        from .events.rights import watch
        from .events.services import act
        from .ledger.guards import APPEND_ONLY, INTO_THE_INBOX
        from .sealing import alarms, epochs
        from .sealing.guards import GROWING_ONLY

        frames.register("act", act)
        database_guards.guards.register(self.label, APPEND_ONLY + INTO_THE_INBOX + GROWING_ONLY)
        pre_migrate.connect(database_guards.drop_before_migrate, sender=self)
        post_migrate.connect(database_guards.install_after_migrate, sender=self)
        installing.connect(self)
        post_create_historical_record.connect(history_row_written)
        watch()
        accounts.watch()
        middleware.watch()
        pre_enqueue.connect(present.sign_task)
        pre_execute.connect(present.begin_task)
        post_execute_in_worker.connect(present.end_task)
        probes.register("ledger", alarms.ledger)
        epochs.known_sizes.register("anchors", largest_size)
