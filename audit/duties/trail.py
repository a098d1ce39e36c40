"""Whether somebody used both rights of a pair on one object, whatever the services refuse: read in the trail, and in the records themselves."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from audit.ledger.models import LedgerEvent
from portal.foundation.registry import Registry

from .models import DutyPair
from .table import types_in


@dataclass(frozen=True, slots=True)
class UsedBoth:
    """One person used both rights of `pair` (its right_b in records) on the object `on`; `event` is the later event, 0 for a record."""

    person: int
    pair: Any
    on: str
    event: int = 0


# Apps name what their own records show: (person, the right that was used second, object).
records: Registry[Callable[[], Iterable[tuple[int, str, str]]]] = Registry("search for self-approvals")


def used_both(pairs: Iterable[DutyPair], *, since: int, up_to: int) -> Iterator[UsedBoth]:
    """From events after `since` and up to `up_to` whose other half is anywhere before. One query a pair, over events of its types alone."""
    for pair in pairs:
        first, second = types_in(pair.done_a), types_in(pair.done_b)
        if not first or not second:
            continue
        mine = {name: OuterRef(name) for name in ("object_model", "object_pk", "actor_id")}
        before = LedgerEvent.objects.filter(**mine, type__in=first, pk__lte=OuterRef("pk"))
        later = LedgerEvent.objects.filter(type__in=second, pk__gt=since, pk__lte=up_to, object_pk__isnull=False).exclude(actor_id="")
        found = later.filter(Exists(before)).order_by("pk").values_list("pk", "actor_id", "object_model", "object_pk")
        for event, actor, model, key in found:
            yield UsedBoth(int(actor), pair.pk, f"{model}:{key}", event)


def in_records(pairs: Iterable[DutyPair]) -> Iterator[UsedBoth]:
    """What the apps' records show now."""
    by_right = {pair.right_b: pair.pk for pair in pairs}
    for _, search in records:
        for person, right, on in search():
            if right in by_right:
                yield UsedBoth(person, by_right[right], on)
