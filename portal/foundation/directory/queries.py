"""What pages show of a file's differences. A fixed number of queries, however many there are."""

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet

from .differences import DECIDABLE, Kind
from .models import DirectoryRow, DirectorySync

# So many differences are decided on at once without losing one's place.
ROWS_A_PAGE = 100
_DECIDABLE = [kind.value for kind in DECIDABLE]
WAITING = Q(kind__in=_DECIDABLE, decision="", applied_at=None)
READY = Q(kind__in=_DECIDABLE, applied_at=None) & ~Q(decision="")


def counts_of(sync: DirectorySync) -> dict[str, int]:
    """Differences by kind; under 'waiting' those to be decided, under 'ready' those that can be applied."""
    wanted = {kind.value: Count("pk", filter=Q(kind=kind.value)) for kind in Kind}
    return DirectoryRow.objects.filter(sync=sync).aggregate(**wanted, waiting=Count("pk", filter=WAITING), ready=Count("pk", filter=READY))


def page_of_rows(sync: DirectorySync, kind: str, number: str | int) -> Page:
    """A page of the differences of one kind, in the order of the file; 'waiting' are those to be decided, '' is all."""
    rows: QuerySet[DirectoryRow] = DirectoryRow.objects.filter(sync=sync).select_related("decided_by", "person").order_by("pk")
    if kind == "waiting":
        rows = rows.filter(WAITING)
    elif kind in set(Kind):
        rows = rows.filter(kind=kind)
    return Paginator(rows, ROWS_A_PAGE).get_page(number)


def with_waiting(syncs: "QuerySet[DirectorySync]") -> "QuerySet[DirectorySync]":
    """Files with the number of their differences and of the conflicts that wait."""
    waiting = Q(rows__kind__in=_DECIDABLE, rows__decision="", rows__applied_at=None)
    return syncs.annotate(differing=Count("rows"), waiting=Count("rows", filter=waiting))
