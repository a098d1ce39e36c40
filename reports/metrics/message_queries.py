"""Messages out of the database, by what they are about: a text that names the incident, so the ORM knows of no way from one to the other."""

# ruff: noqa: S608 - names of models' tables, and words of the code's own; values are parameters
from collections.abc import Iterable

from django.db import connection

from incidents.lifecycle.models import Incident
from portal.foundation.outbox.models import DeliveryAttempt, OutboxMessage
from portal.foundation.people.models import ContactPoint

from .beside_definitions import MESSAGE_STATES, Messages
from .columns import IN_SQLITE, read_sql
from .escalation_queries import TRACKS
from .levels import NEVER
from .population import Population

CHANNELS = tuple(ContactPoint.Channel.values)
NONE = -1


def messages_of(population: Population) -> Messages:
    """What escalations sent about the population's incidents. One query.

    Incident by incident, by the index of what messages are about: left to themselves, the planners read all messages there ever were.
    """
    incidents = Incident.objects.filter(population.incidents()).order_by().values("id", "opened_at")
    within, params = incidents.query.sql_with_params()
    message, attempt = (f'"{model._meta.db_table}"' for model in (OutboxMessage, DeliveryAttempt))
    about = ", ".join(f"'incidents.incident:' || one.id || '{'' if track == TRACKS[0] else ':' + track}'" for track in TRACKS)
    by = (
        f"(SELECT {_case('a.channel', CHANNELS)} FROM {attempt} a WHERE a.message_id = m.id AND a.succeeded ORDER BY a.number DESC LIMIT 1)"
    )
    numbers, times = (_case("m.state", MESSAGE_STATES), by, "m.contact_position"), ("m.created_at", "m.finished_at")
    if connection.vendor == "postgresql":
        columns = [f"COALESCE(({column})::bigint, {NONE}::bigint)" for column in numbers] + [
            f"COALESCE({time}, '-infinity')" for time in times
        ]
        asked = ", ".join(f"{column} AS c{place}" for place, column in enumerate(columns))
        each = f"SELECT {asked} FROM {message} m WHERE m.subject_ref IN ({about}) OFFSET 0"
        sql = f"SELECT told.* FROM ({within}) one CROSS JOIN LATERAL ({each}) told"
    else:
        columns = [f"COALESCE({column}, {NONE})" for column in numbers] + [
            f"COALESCE({IN_SQLITE % {'expressions': time}}, {NEVER})" for time in times
        ]
        # As `along` has it: left to itself, the planner goes service by service.
        sql = f"SELECT {', '.join(columns)} FROM ({within}) one CROSS JOIN {message} m ON m.subject_ref IN ({about}) ORDER BY one.opened_at"
    state, channel, ways, created, finished = read_sql(sql, params, len(columns))
    return Messages(state, channel, ways, created, finished, CHANNELS)


def _case(column: str, words: Iterable[str]) -> str:
    cases = " ".join(f"WHEN '{word}' THEN {number}" for number, word in enumerate(words))
    return f"CASE {column} {cases} END"
