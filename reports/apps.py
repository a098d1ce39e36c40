"""Start-up of reports: their guards in the database."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Reports"

    def ready(self) -> None:
        from portal.foundation import database_guards

        from .packs import guards

        database_guards.guards.register(self.label, guards.GOVERNED)
        pre_migrate.connect(database_guards.drop_before_migrate, sender=self)
        post_migrate.connect(database_guards.install_after_migrate, sender=self)
