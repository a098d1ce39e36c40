"""Start-up of the frame: the admin site, the channels, the frame's jobs."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin_apps

from .foundation.loading import only_when_called, without


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
        from .foundation.front_door import checks, ending
        from .foundation.jobs import Job, declare
        from .foundation.outbox.handlers import referred
        from .foundation.watch import delivery, jobs
        from .foundation.watch.probes import probes

        register_channels()
        quickly_read.watch()
        patience.watch()
        ending.watch()
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


class PortalAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "portal.site.admin_site.PortalAdminSite"

    def ready(self) -> None:
        with without(*_needless()):
            super().ready()
            # Here, as the addresses would load it later.
            import_module("rest_framework.compat")
        with only_when_called("rest_framework.test", "APIRequestFactory"):
            # Describing the API asks for it, and every view that says something of itself loads what describes.
            import_module("drf_spectacular.plumbing")


def _needless() -> list[str]:
    """What the admin's theme, the HTTP client and the REST framework load if they find it: 15 MB in each process, and nobody asks for it here."""
    its_command_line, for_its_own_tests, in_descriptions = ["click", "pygments", "rich"], ["requests"], ["markdown", "yaml"]
    fields_of_postgresql = [] if settings.DATABASES["default"]["ENGINE"].endswith("postgresql") else ["psycopg"]
    its_own_pages = ["allauth.account.admin", "allauth.mfa.admin"]
    return its_command_line + for_its_own_tests + in_descriptions + fields_of_postgresql + its_own_pages
