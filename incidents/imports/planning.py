"""Works out what an intake would change here. Reads the database, writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max

from incidents.lifecycle.models import Incident

from .directory import Directory, survey
from .drafts import Contradiction, Folded, IncidentDraft, Record, Source
from .intake import Intake, Progress, Rejection
from .merging import merged, places
from .models import ImportRun, SourceRecord
from .tracking import batches


@dataclass(frozen=True, slots=True)
class Known:
    """A record of an earlier import, without its values."""

    key: int
    digest: str
    at: datetime
    place: int


@dataclass(frozen=True, slots=True)
class IncidentPlan:
    """What becomes of one incident. `key` is None when it is new; `moved` are known records (key, place) whose order changes."""

    key: int | None
    draft: IncidentDraft
    arriving: tuple[tuple[Record, int], ...]
    moved: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Plan:
    """Everything that an import would write, and everything that it has to say."""

    source: Source
    intake: Intake
    sequence: int
    created: list[IncidentPlan] = field(default_factory=list)
    changed: list[IncidentPlan] = field(default_factory=list)
    unchanged: int = 0
    rows_known: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    directory: Directory = field(default_factory=Directory)

    @property
    def brings_something(self) -> bool:
        return bool(self.created or self.changed)


def make_plan(intake: Intake, source: Source, progress: Progress) -> Plan:
    """The plan for `intake` against the incidents that are here now. It holds only until the next import."""
    latest = ImportRun.objects.aggregate(latest=Max("sequence"))["latest"] or 0
    plan = Plan(source, intake, latest + 1, rejected=list(intake.rejected))
    done = 0
    for numbers in batches(list(intake.records)):
        for number, incident, known, earlier in _as_known(numbers, intake, source):
            if incident is None or (incident.origin, incident.source_system) == (Incident.Origin.IMPORTED, source.key):
                _plan_one(plan, number, incident.pk if incident else None, known, earlier)
            else:
                _reject(plan, number, f"an incident {number} that does not come from {source.name} exists here and is left as it is")
        done += len(numbers)
        progress("Comparing", done, len(intake.records))
    plan.rejected.sort(key=lambda rejection: rejection.line)
    plan.contradictions.sort(key=lambda found: (found.line, found.rule))
    plan.directory = survey(part.draft for part in (*plan.created, *plan.changed))
    return plan


def _plan_one(plan: Plan, number: str, key: int | None, known: Sequence[Known], earlier: dict[str, tuple[str, ...]]) -> None:
    in_file = plan.intake.records[number]
    known_digests = {record.digest: record for record in known}
    arriving = [record for record in in_file if record.digest not in known_digests]
    records = merged(_restored(plan.source, number, known, in_file, earlier), in_file)
    folded: Folded = plan.source.fold(records)
    if folded.draft is None:
        _reject(plan, number, folded.reason)
        return
    plan.contradictions += folded.contradictions
    plan.rows_known += len(in_file) - len(arriving)
    if not arriving:
        plan.unchanged += 1
        return
    placed = list(zip(records, places(records), strict=True))
    part = IncidentPlan(
        key,
        folded.draft,
        arriving=tuple((record, place) for record, place in placed if record.digest not in known_digests),
        moved=tuple(
            (known_digests[record.digest].key, place)
            for record, place in placed
            if record.digest in known_digests and known_digests[record.digest].place != place
        ),
    )
    (plan.created if key is None else plan.changed).append(part)


def _reject(plan: Plan, number: str, reason: str) -> None:
    plan.rejected += [Rejection(record.line, record.cells, reason) for record in plan.intake.records[number]]


def _restored(
    source: Source, number: str, known: Sequence[Known], in_file: Sequence[Record], earlier: dict[str, tuple[str, ...]]
) -> list[Record]:
    """The known records whole: from the file where it repeats them, otherwise from what was kept."""
    repeated = {record.digest: record for record in in_file}
    return [
        repeated.get(record.digest) or source.read_record(0, earlier[record.digest], ())
        for record in known
        if record.digest in repeated or record.digest in earlier
    ]


def _as_known(
    numbers: Sequence[str], intake: Intake, source: Source
) -> Iterator[tuple[str, Incident | None, list[Known], dict[str, tuple[str, ...]]]]:
    """Per number: the incident, its known records in order, and the values of those that the file does not repeat."""
    incidents = {incident.number: incident for incident in Incident.objects.filter(number__in=numbers)}
    known: dict[int, list[Known]] = {incident.pk: [] for incident in incidents.values()}
    rows = SourceRecord.objects.filter(incident_id__in=list(known)).order_by("recorded_at", "place", "pk")
    for incident_id, key, digest, at, place in rows.values_list("incident_id", "pk", "digest", "recorded_at", "place"):
        known[incident_id].append(Known(key, digest, at, place))
    absent: list[int] = []
    for number, incident in incidents.items():
        in_file = {record.digest for record in intake.records[number]}
        absent += [record.key for record in known[incident.pk] if record.digest not in in_file]
    earlier: dict[str, tuple[str, ...]] = {}
    for keys in batches(absent):
        for digest, values in SourceRecord.objects.filter(pk__in=keys).values_list("digest", "values"):
            earlier[digest] = source.restored(values)
    for number in numbers:
        found = incidents.get(number)
        yield number, found, known[found.pk] if found else [], earlier
