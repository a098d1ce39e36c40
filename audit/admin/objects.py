"""Things that events are about, found by what people call them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DataError
from django.http import HttpRequest

from audit.events.stories import model_words
from audit.models import LedgerObject

MOST_OF_A_KIND = 5
MOST = 30
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """'incident INC-000012 Card payments fail', and how an export names it."""

    words: str
    key: str


def objects_like(term: str, request: HttpRequest, site: Any) -> list[Found]:
    """What the reader's own lists find for `term` and the ledger knows; a few of each kind."""
    known = set(LedgerObject.objects.order_by().values_list("model", flat=True).distinct())
    found: list[Found] = []
    for model, page in site._registry.items():
        label = model._meta.label_lower
        if label in known and page.search_fields and page.has_view_permission(request):
            rows = _searched(page, request, term)
            told = set(LedgerObject.objects.filter(model=label, key__in=[str(row.pk) for row in rows]).values_list("key", flat=True))
            found += [Found(f"{model_words(label)} {row}", f"{label}:{row.pk}") for row in rows if str(row.pk) in told]
    # An incident's number also finds what hangs on it, under names of their own.
    return sorted(found, key=lambda one: term.casefold() not in one.words.casefold())[:MOST]


def words_of(keys: Iterable[Key]) -> dict[Key, str]:
    """What things are called now: 'incident INC-000012 …'. Things that are gone are not in it. One query a kind."""
    wanted: dict[str, list[str]] = {}
    for label, key in keys:
        if label:
            wanted.setdefault(label, []).append(key)
    named: dict[Key, str] = {}
    for label, pks in wanted.items():
        try:
            rows = apps.get_model(label)._default_manager.in_bulk(pks)
        except (LookupError, ValueError, OverflowError, DataError):
            continue
        named |= {(label, str(pk)): f"{model_words(label)} {row}" for pk, row in rows.items()}
    return named


def _searched(page: Any, request: HttpRequest, term: str) -> list[Any]:
    try:
        rows, distinct = page.get_search_results(request, page.get_queryset(request), term)
        return list((rows.distinct() if distinct else rows)[:MOST_OF_A_KIND])
    except (ValueError, OverflowError, DataError):
        # What was typed cannot be a number of this kind.
        return []
