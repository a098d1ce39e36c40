"""What a signature freezes, read from the database: the same whenever it is asked, unless somebody got past the guards."""

from collections.abc import Iterator
from typing import Any

from audit.sealing.models import LedgerLeaf

from .drawing import candidates
from .manifest import Line, Tally, tallied, utc
from .models import ReviewFinding, ReviewItem, ReviewPeriod, ReviewSignOff
from .sampling import draw

AT_ONCE = 2_000
COLUMNS = ("place", "event", "drawn_as", "mark", "note", "judged_by_id", "judged_at", "finding_id")


def lines(period: ReviewPeriod) -> Iterator[Line]:
    """The drawn entries by place, some thousand rows at a time. The leaf of one that the ledger does not have there is empty."""
    items, after = ReviewItem.objects.filter(period=period).order_by("place"), -1
    while rows := list(items.filter(place__gt=after).values_list(*COLUMNS)[:AT_ONCE]):
        leaves = _leaves([place for place, *_ in rows])
        for place, event, drawn_as, mark, note, by, at, finding in rows:
            yield Line(place, event, leaves.get((place, event), ""), drawn_as, mark, note, by, at, finding)
        after = rows[-1][0]


def name_of(signature: ReviewSignOff) -> str:
    """What the file of a signed review is called."""
    return f"log-review-{signature.period_id}-{signature.sha256[:12]}.jsonl"


def file_of(signature: ReviewSignOff) -> Iterator[bytes]:
    """Its lines: the manifest, then the entries."""
    yield signature.manifest.encode("utf-8") + b"\n"
    yield from Tally().take(lines(signature.period))


def _leaves(places: list[int]) -> dict[tuple[int, int], str]:
    """Hashes by place and event. Mostly the places stand together, and a range is read faster than a list."""
    together = places[-1] - places[0] < 2 * len(places)
    found = (
        LedgerLeaf.objects.filter(index__gte=places[0], index__lte=places[-1]) if together else LedgerLeaf.objects.filter(index__in=places)
    )
    return {(index, event): bytes(leaf).hex() for index, event, leaf in found.values_list("index", "event", "hash")}


def facts(period: ReviewPeriod) -> dict[str, Any]:
    """What can be worked out again at any time: what was looked at, by which rule it was drawn, and what was said of it."""
    version = period.view_version
    return {
        "plan": {"key": period.plan_id, "second_signature": period.second_signature},
        "period": {
            "key": period.pk,
            "since": utc(period.since),
            "until": utc(period.until),
            "opened_at": utc(period.opened_at),
            "epoch": period.epoch,
            "first": period.first,
            "size": period.size,
            "root": period.root,
        },
        "view": {"key": version.view_id, "version": version.number, "filters": version.filters, "sha256": version.sha256},
        "sample": {"rule": period.rule, "seed": period.seed, "rationale": period.rationale},
        "population": {"entries": period.entries, "sha256": period.digest},
        "items": tallied(lines(period)),
        "conclusion": period.conclusion,
    }


def drawn_again(period: ReviewPeriod) -> tuple[int, str, list[int]]:
    """The population and the sample as the ledger gives them now: how many, the digest, the places drawn."""
    drawn = draw(period.drawing_rule, period.seed, candidates(period))
    return drawn.entries, drawn.digest, sorted([*drawn.always, *drawn.sample])


def findings_at_signature(period: ReviewPeriod) -> list[dict[str, Any]]:
    """The findings as they are at the moment of the signature; what becomes of them later stands in their own history."""
    found = ReviewFinding.objects.filter(period=period).exclude(state=ReviewFinding.State.WITHDRAWN).order_by("pk")
    return [
        {
            "key": one.pk,
            "title": one.title,
            "owner": one.owner_id,
            "due_on": one.due_on.isoformat(),
            "evidence": one.evidence,
            "state": one.state,
            "entries": list(one.items.order_by("place").values_list("place", flat=True)),
        }
        for one in found
    ]
