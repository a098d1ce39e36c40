"""Start-up of incidents: what they want to hear of their messages, and their jobs."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = "Incidents"

    def ready(self) -> None:
        from policies.reviews.evidence import providers
        from policies.simulation.history import sources
        from portal.foundation.jobs import Job, declare
        from portal.foundation.outbox.handlers import outcomes

        from .escalation.effects import NOBODY_REACHED, PAGE
        from .escalation.evidence import sections
        from .escalation.outcomes import message_fared
        from .lifecycle.replay_columns import SOURCE

        for kind in (PAGE, NOBODY_REACHED):
            outcomes.register(kind, message_fared)
        sources.register(self.label, SOURCE)
        providers.register(self.label, sections)
        declare(
            Job(
                name="engine-sweep",
                function="incidents.tasks.engine_sweep",
                every_minutes=1,
                why="Takes over from an engine that stopped, and says that it did.",
            )
        )
