"""The population of a period, read from the sealed ledger, and the entries drawn from it, written by the database itself."""

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import Min

from audit.ledger.models import LedgerEvent
from audit.reading.population import population
from audit.sealing.models import LedgerLeaf

from .models import ReviewPeriod
from .sampling import Candidate, Drawn, draw

# Written by the act of reviewing itself, an event for each saved batch of marks; the marks stand in the signed manifest. Were they reviewed too,
# every review would make entries for the next one.
LEFT_OUT = ("log_review.judged",)
AT_ONCE = 2_000
# A statement names so many places at most.
PLACES = 500
# CROSS: SQLite would go through all leaves, for they have the order.
FROM = """
FROM ({chosen}) chosen CROSS JOIN audit_ledgerevent e CROSS JOIN audit_ledgerleaf l
WHERE e.id = chosen.id AND l.event = e.id AND l."index" < %s
"""
BEHALF = {
    "sqlite": "COALESCE(json_extract(e.payload, '$.actor.on_behalf_of.id'), '')",
    "postgresql": "COALESCE(e.payload::jsonb #>> '{actor,on_behalf_of,id}', '')",
}
ITEMS = """
INSERT INTO audit_reviewitem (period_id, place, event, recorded_at, actor, behalf, about, drawn_as, mark, note)
SELECT %s, l."index", e.id, e.recorded_at, e.actor_id, CASE WHEN e.actor_id = '' THEN {behalf} ELSE '' END,
    CASE WHEN e.object_model = 'portal.user' THEN COALESCE(e.object_pk, '') ELSE '' END, %s, '', ''
"""


def write_items(period: ReviewPeriod) -> Drawn:
    """Draws from the population of `period`, which is being drawn, and writes what was drawn. Held in memory are drawn places alone."""
    drawn = draw(period.drawing_rule, period.seed, candidates(period))
    for kind, places in (("always", drawn.always), ("sample", drawn.sample)):
        for at in range(0, len(places), PLACES):
            _write(period, kind, places[at : at + PLACES])
    return drawn


def candidates(period: ReviewPeriod) -> Iterator[Candidate]:
    """The population by place, some thousand rows at a time."""
    chosen, values = _chosen(period)
    with connection.chunked_cursor() as cursor:
        cursor.execute(f'SELECT l."index", l.hash, e.type {FROM.format(chosen=chosen)} ORDER BY l."index"', [*values, period.size])
        while rows := cursor.fetchmany(AT_ONCE):
            for place, leaf, kind in rows:
                yield Candidate(place, bytes(leaf), kind)


def _write(period: ReviewPeriod, kind: str, places: "array[int]") -> None:
    """Mostly they stand together, and a range is read faster than a list."""
    wanted = places.tolist()
    together = wanted[-1] - wanted[0] == len(wanted) - 1
    where = 'l."index" >= %s AND l."index" <= %s' if together else f'l."index" IN ({", ".join(["%s"] * len(wanted))})'
    statement = (
        ITEMS.format(behalf=BEHALF[connection.vendor]) + "FROM audit_ledgerleaf l CROSS JOIN audit_ledgerevent e "
        f'WHERE e.id = l.event AND {where} ORDER BY l."index"'
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [period.pk, kind, *([wanted[0], wanted[-1]] if together else wanted)])


def _chosen(period: ReviewPeriod) -> tuple[str, Sequence[Any]]:
    """Statement and parameters: the keys of the events of the population, sealed or not; timely ones, and such as were sealed too late before."""
    left_out = period.rule.get("left_out", [])
    parts = [_keys(population(period.view_version, since=period.since, until=period.until), left_out)]
    new = LedgerLeaf.objects.filter(index__gte=period.first, index__lt=period.size).values("event")
    earliest = LedgerEvent.objects.filter(pk__in=new, recorded_at__lt=period.since).aggregate(at=Min("recorded_at"))["at"]
    if earliest is not None:
        parts.append(_keys(population(period.view_version, since=earliest, until=period.since).filter(pk__in=new), left_out))
    return " UNION ALL ".join(sql for sql, _ in parts), [value for _, values in parts for value in values]


def _keys(found: Any, left_out: Sequence[str]) -> tuple[str, tuple[Any, ...]]:
    statement, values = found.exclude(type__in=left_out).order_by().values_list("id").query.sql_with_params()
    return statement, tuple(values)
