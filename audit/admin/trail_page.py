"""What the page of the log shows: rows, chips, cursors and the reader's views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.events.stories import model_words
from audit.models import SavedView
from audit.reading.describing import Names, chips, sentence
from audit.reading.filters import Filters, as_query, parse
from audit.reading.folding import Folds
from audit.reading.searching import Page, about
from audit.reading.services import VIEWS
from audit.reading.showing import Line, lines_of
from portal.foundation.adminkit.moments import NEAR, relative, written
from portal.foundation.errors import InvalidInput

from .objects import words_of
from .seal import clock_time

LIST = "admin:audit_ledgerevent_changelist"
# What the address says beside filters.
BESIDE = frozenset({"view", "changed", "before", "after", "who", "about", "p", "o", "all", "e", "_changelist_filters"})
LARGEST_NUMBER = 2**63 - 1
UNDER_WAY = "changed"


@dataclass(frozen=True, slots=True)
class Row:
    """One line as the page has it. `more` older ones of the same request are folded under it, to be seen at `opened`."""

    line: Line
    when: SafeString | str
    page: str
    fragment: str
    story: str
    more: int = 0
    opened: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. `view` is what it began with; `changed` whether the filters are others by now."""

    filters: Filters
    view: SavedView | None
    changed: bool
    before: int | None
    after: int | None


def asked(request: HttpRequest) -> Asked:
    """Reads the address. Raises InvalidInput, which says of each part what is wrong with it."""
    given = dict(request.GET.lists())
    zone = timezone.get_current_timezone()
    filters = parse(given, zone, beside=BESIDE)
    if request.method == "POST" and any(request.GET.get(name, "").strip() for name in ("who", "about")):
        # A filter that were silently left out would take out too much.
        raise InvalidInput("Choose who or what is meant first.")
    view = _view(request)
    before, after = _number(request, "before"), _number(request, "after")
    if view is None:
        return Asked(filters, None, False, before, after)
    try:
        kept = view.current.parsed
    except ValueError as error:
        raise InvalidInput(str(error), {"view": [str(error)]}) from error
    if not filters.is_everything or request.GET.get(UNDER_WAY):
        return Asked(filters, view, filters != kept, before, after)
    return Asked(kept, view, False, before, after)


def address(filters: Filters, view: SavedView | None = None, **more: Any) -> str:
    """The log with these filters."""
    beside: list[tuple[str, Any]] = [("view", view.pk), (UNDER_WAY, 1)] if view else []
    query = urlencode([*as_query(filters), *beside, *more.items()])
    return f"{reverse(LIST)}?{query}" if query else reverse(LIST)


def story_address(kind: str, key: str) -> str:
    """The story of one thing."""
    return f"{reverse('admin:audit_ledgerevent_story')}?{urlencode({'object': f'{kind}:{key}'})}"


def names_of(filters: Filters) -> Names:
    """What the people and things of `filters` are called now. Two queries, and one for each kind of thing."""
    keys = [key for key in filters.person if key.isdecimal() and len(key) < 19]
    people = {str(user.pk): str(user) for user in get_user_model().objects.filter(pk__in=keys)} if keys else {}
    pairs = [(kind, key) for kind, _, key in (one.partition(":") for one in filters.object)]
    objects = {f"{kind}:{key}": words for (kind, key), words in words_of(pairs).items()}
    return Names(people, {label: model_words(label) for label in filters.kind}, objects, written)


def context(request: HttpRequest, asked_for: Asked, found: Page, folds: Folds, now: datetime) -> dict[str, Any]:
    """What the template shows of a page that was found."""
    filters, view = asked_for.filters, asked_for.view
    names = names_of(filters)
    told = sentence(filters, names)
    return {
        "filters": filters,
        "told": told,
        "count": about(found.count),
        "one": found.count.is_exact and found.count.number == 1,
        "unfiled": found.unfiled,
        "chips": [(chip.words, address(chip.without, view)) for chip in chips(filters, names)],
        "rows": rows(found.events, request.user, folds.more, now),
        "newest": address(filters, view) if asked_for.before or asked_for.after else "",
        "newer": address(filters, view, after=found.newer) if found.newer is not None else "",
        "older": address(filters, view, before=found.older) if found.older is not None else "",
        "clear": reverse(LIST) if not filters.is_everything else "",
        "views": [(each, f"{reverse(LIST)}?view={each.pk}") for each in VIEWS.seen_by(request.user)],
        "view": view,
        "changed": asked_for.changed,
        "is_owner": view is not None and view.owner_id == request.user.pk,
        "kept": as_query(filters),
    }


def rows(events: Sequence[Any], reader: Any, more: Mapping[int, int], now: datetime) -> list[Row]:
    """The lines of the log for these events. One query."""
    return [
        Row(
            line=line,
            when=_when(line.at, now),
            page=reverse("admin:audit_ledgerevent_change", args=[line.number]),
            fragment=reverse("admin:audit_ledgerevent_line", args=[line.number]),
            story=story_address(line.kind, line.key) if line.kind else "",
            more=more.get(line.number, 0),
            opened=address(Filters(request=line.request, type=(line.type,))) if line.number in more else "",
        )
        for line in lines_of(events, reader)
    ]


def _when(at: datetime, now: datetime) -> SafeString:
    """'14:05:32 CET, 3 min ago'; with its day and without seconds unless that is today. UTC on hover."""
    today = timezone.localtime(at).date() == timezone.localtime(now).date()
    near = f", {relative(at, now)}" if abs(at - now) < NEAR else ""
    return format_html("{}{}", clock_time(at, now, seconds=today), near)


def _view(request: HttpRequest) -> SavedView | None:
    given = request.GET.get("view", "")
    if not given:
        return None
    found = VIEWS.find(given, reader=request.user)
    if found is None:
        raise InvalidInput("There is no such view.", {"view": ["There is no such view, or it is not shared with you."]})
    return found


def _number(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) < 20 and int(given) <= LARGEST_NUMBER):
        raise InvalidInput("There is no such page.", {name: ["Go back to the newest events."]})
    return int(given)
