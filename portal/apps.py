"""Start-up of the frame: the admin site, the channels, the frame's jobs."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin_apps
from django.core.checks import CheckMessage


class PortalConfig(AppConfig):
    name = "portal"
    default = True
    verbose_name = "People and delivery"

    def ready(self) -> None:
        from django.core.checks import register

        from .foundation import patience, quickly_read
        from .foundation.access import granted
        from .foundation.answers.receipts import catch_up
        from .foundation.channels import register_channels
        from .foundation.front_door import by_themselves, checks
        from .foundation.jobs import Job, declare
        from .foundation.outbox.handlers import referred
        from .foundation.watch import delivery, jobs
        from .foundation.watch.probes import probes

        register_channels()
        quickly_read.watch()
        patience.watch()
        by_themselves.watch()
        register(checks.check_front_door)
        granted.watch()
        referred.register("early receipts", catch_up)
        probes.register("sender", delivery.sender)
        probes.register("job queue", jobs.queue)
        probes.register("outbox", delivery.messages)
        probes.register("lanes", delivery.lanes)
        declare(
            Job(
                name="deliver-due",
                function="portal.tasks.deliver_due",
                every_minutes=1,
                why="Sends messages while the sending process is silent.",
            )
        )
        declare(
            Job(
                name="cmdb-exchange",
                function="portal.tasks.directory_sweep",
                every_minutes=5,
                why="Reads files that the CMDB dropped, hands over what changed here, and lets go of files that nobody settled.",
            )
        )
        declare(
            Job(
                name="contact-reminders",
                function="portal.tasks.remind_contacts",
                every_minutes=60,
                why="Reminds people to verify contact points before that ends, and whoever is on duty soon without a verified one.",
            )
        )
        declare(
            Job(
                name="object-grants",
                function="portal.tasks.end_grants",
                every_minutes=1,
                why="Takes back rights on single objects when their time is over; they count for nothing from then on already.",
            )
        )
        declare(
            Job(
                name="repeats",
                function="portal.tasks.forget_answers",
                every_minutes=60,
                why="Forgets the answers kept for requests that are sent again, once they are a day old.",
            )
        )
        declare(
            Job(
                name="sessions",
                function="portal.tasks.forget_sessions",
                every_minutes=60,
                why="Forgets sessions that have ended and wrong tries of yesterday.",
            )
        )
        declare(
            Job(
                name="secrets",
                function="portal.tasks.reseal_secrets",
                every_minutes=24 * 60,
                why="Encrypts with the present SECRET_KEY what was encrypted with one of before.",
            )
        )
        declare(
            Job(
                name="api-tokens",
                function="portal.tasks.warn_of_tokens",
                every_minutes=60,
                why="Tells owners of API tokens, and whoever made a machine's, that one ends within two weeks.",
            )
        )


class PortalAdminConfig(admin_apps.SimpleAdminConfig):
    """Loads no pages: `portal.urls` does. Commands, and an engine, a sender, a sealer or a worker by itself, show none and need not load them."""

    default = False
    default_site = "portal.site.admin_site.PortalAdminSite"

    def ready(self) -> None:
        from django.contrib.admin.checks import check_dependencies
        from django.core.checks import Tags, register

        register(check_dependencies, Tags.admin)
        register(_check_pages, Tags.admin)


def _check_pages(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    from django.contrib.admin.checks import check_admin_app

    import_module(settings.ROOT_URLCONF)
    return check_admin_app(app_configs, **kwargs)
