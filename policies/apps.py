"""Start-up of the rules: their guards in the database."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class PoliciesConfig(AppConfig):
    name = "policies"
    verbose_name = "Policies and duty"

    def ready(self) -> None:
        from portal.foundation import database_guards

        from .governance import guards
        from .simulation import guards as replay_guards

        database_guards.guards.register(self.label, (*guards.GOVERNED, *replay_guards.GOVERNED))
        pre_migrate.connect(database_guards.drop_before_migrate, sender=self)
        post_migrate.connect(database_guards.install_after_migrate, sender=self)
