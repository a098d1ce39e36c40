"""Start-up of incidents: their guards in the database, what they want to hear of their messages, and their jobs."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save, pre_migrate


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = "Incidents"

    def ready(self) -> None:
        from audit.retention.own_words import own_words
        from policies.messages.values import providers as message_values
        from policies.reviews.evidence import providers
        from policies.simulation.history import sources
        from policies.simulation.voices import voices
        from portal.foundation import database_guards
        from portal.foundation.answers import answerers
        from portal.foundation.jobs import Job, declare
        from portal.foundation.outbox.handlers import outcomes
        from portal.foundation.outbox.ways import drill_faults, drill_ways
        from portal.foundation.people.occupied import occupations
        from portal.foundation.watch.probes import probes

        from .changes import guards as change_guards
        from .drills.failures import away_in, planned_failure, ways_in_drill
        from .escalation import guards as run_guards
        from .escalation.answering import ANSWERER
        from .escalation.effects import NOBODY_REACHED, PAGE
        from .escalation.evidence import sections
        from .escalation.holders import moved
        from .escalation.holding import busy_with_incidents
        from .escalation.imagined import VOICE
        from .escalation.looks import incident_saved
        from .escalation.messages import preview_values
        from .escalation.outcomes import messages_fared
        from .escalation.probes import engine
        from .escalation.rehearsed import planned_absences
        from .feedback import guards as feedback_guards
        from .feedback.erasing import forget_words
        from .handoffs import guards as hand_off_guards
        from .handoffs.by_engine import responsibility_moved
        from .handoffs.closing import unsigned
        from .lifecycle import guards
        from .lifecycle.hindrances import hindrances
        from .lifecycle.replay_columns import SOURCE
        from .mandates import guards as mandate_guards
        from .postmortems import guards as post_mortem_guards

        rooms = (guards, run_guards, mandate_guards, hand_off_guards, post_mortem_guards, feedback_guards, change_guards)
        governed = tuple(guard for room in rooms for guard in room.GOVERNED)
        database_guards.guards.register(self.label, governed)
        pre_migrate.connect(database_guards.drop_before_migrate, sender=self)
        post_migrate.connect(database_guards.install_after_migrate, sender=self)
        post_save.connect(incident_saved, sender="incidents.Incident", dispatch_uid="escalation-look")
        for kind in (PAGE, NOBODY_REACHED):
            outcomes.register(kind, messages_fared)
            answerers.register(kind, ANSWERER)
        probes.register("engine", engine)
        sources.register(self.label, SOURCE)
        voices.register(self.label, VOICE)
        message_values.register(self.label, preview_values)
        providers.register(self.label, sections)
        occupations.register(self.label, busy_with_incidents)
        planned_absences.register(self.label, away_in)
        drill_ways.register(self.label, ways_in_drill)
        drill_faults.register(self.label, planned_failure)
        own_words.register("feedback", forget_words)
        hindrances.register("hand-offs", unsigned)
        moved.register("hand-offs", responsibility_moved)
        declare(
            Job(
                name="engine-sweep",
                function="incidents.tasks.engine_sweep",
                every_minutes=1,
                why="Takes over from an engine that stopped, and says that it did.",
            )
        )
        declare(
            Job(
                name="mandate-reviews",
                function="incidents.tasks.remind_mandate_reviews",
                every_minutes=60,
                why="Reminds whoever reviews the use of a mandate when that is overdue.",
            )
        )
        declare(
            Job(
                name="post-mortems",
                function="incidents.tasks.open_post_mortems",
                every_minutes=10,
                why="Opens a post-mortem for each resolved incident that reached level 3, and reminds of what is overdue.",
            )
        )
        declare(
            Job(
                name="change-freezes",
                function="incidents.tasks.follow_with_freezes",
                every_minutes=1,
                why="Freezes changes to a service while an escalation of it stands high, and lifts that when it does no more.",
            )
        )
        declare(
            Job(
                name="hand-off-reminders",
                function="incidents.tasks.remind_hand_offs",
                every_minutes=1,
                why="Reminds whoever has to sign a hand-off, and after a while their manager.",
            )
        )
        declare(
            Job(
                name="drills",
                function="incidents.tasks.run_drills",
                every_minutes=1,
                why="Begins and ends the drills whose time has come, and reminds of the next.",
            )
        )
