"""The processes of an installation, as functions to be forked."""

from typing import TYPE_CHECKING, Any

from django.conf import settings

from .family import Part

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter


def installation(address: str) -> list[Part]:
    """Web at `address` (host:port), engine, sender, sealer and workers. Call it before forking: what they share is made here.

    Each is its command's own work, and not the command called by name: to look for all commands and to read arguments that nobody gave takes
    each process 2 MB.
    """
    from .commands import engine, sealer, sender, worker

    site = web(address)
    return [
        Part("web", lambda: site.run()),
        Part("engine", lambda: engine.Command().handle(once=False, alone=False)),
        Part("sender", lambda: sender.Command().handle(once=False)),
        Part("sealer", lambda: sealer.Command().handle(once=False)),
        Part("worker", lambda: worker.Command().handle()),
    ]


def web(address: str) -> "Arbiter":
    """gunicorn, with the code that is loaded already and all it reads of its settings; `run` serves until it is told to stop."""
    from gunicorn.app.base import BaseApplication
    from gunicorn.arbiter import Arbiter

    class Web(BaseApplication):
        def load_config(self) -> None:
            chosen: dict[str, Any] = {
                "bind": address,
                "workers": settings.WEB_WORKERS,
                "threads": settings.WEB_THREADS,
                "loglevel": "warning",
                "preload_app": True,
                "control_socket_disable": True,
            }
            for name, value in chosen.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from portal.wsgi import application

            return application

    return Arbiter(Web())


def load() -> None:
    """Everything that the parts would otherwise each load for themselves. The pages, too, though only the web server shows any: loaded after the fork
    they took 4 MiB more, for whoever loads code writes to all names that it shares with what is loaded."""
    import gunicorn.app.base
    import gunicorn.arbiter
    import gunicorn.glogging
    import gunicorn.workers.gthread  # noqa: F401
    from django.apps import apps
    from django.db import connection
    from django.utils.module_loading import import_string
    from django.utils.translation import gettext

    import portal.management.commands.engine
    import portal.management.commands.sealer
    import portal.management.commands.sender
    import portal.management.commands.worker
    import portal.wsgi  # noqa: F401
    from audit.capture import installing
    from portal.foundation import database_guards, secrecy
    from portal.foundation.jobs import jobs
    from portal.foundation.outbound_http import certificates

    # Whom we trust: megabytes in each process that asks for it.
    certificates()
    # Every part reads addresses, which are encrypted.
    secrecy.warm_up()
    gettext("Yes")
    installing.expected(connection.vendor)
    database_guards.expected()
    for _, job in jobs:
        import_string(job.function)
    for model in apps.get_models(include_auto_created=True):
        # What a model works out about itself with its first query, and keeps.
        model._meta.get_fields()
        str(model._base_manager.filter(pk=None).order_by("pk").query)
