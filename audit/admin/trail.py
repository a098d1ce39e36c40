"""The log of everything: read, searched, kept as views, taken out; never touched."""

import re
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin

from audit.events.alone import tell_search
from audit.evidence.exports import RIGHT as EXPORT
from audit.evidence.standing import in_ledger, standing
from audit.models import Elevation, LedgerEvent, SavedView
from audit.reading.describing import sentence
from audit.reading.exporting import export_trail
from audit.reading.filters import LONGEST, Filters, as_query, parse, plain
from audit.reading.folding import Folds
from audit.reading.searching import about, page
from audit.reading.services import RIGHT, change_view, save_view
from audit.reading.showing import Line, Shown, shown, shown_all
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment, zone_name
from portal.foundation.errors import InvalidInput, PortalError

from .filters import FilterForm, Meant, hidden, people_like, people_listed, things_like
from .media import TRAIL
from .objects import words_of
from .proof import ProofView
from .seal import clock_time, seal_line
from .trail_page import LIST, Asked, address, asked, context, names_of, story_address

# What an address says beside what is searched for.
TURNING = {"p", "o", "all", "e", "_changelist_filters", "routine", "before", "after", "changed"}
# What people type for a name is told by the key that it means.
TYPED = {"who", "about"}
STORY = 50
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)
# In place of filters that cannot be read: the form then keeps what was typed.
NOTHING = Filters()


@admin.register(LedgerEvent)
class LedgerEventAdmin(ModelAdmin):
    """One line an event: time, person, verb, object, gist. A line opens where it stands; an event has a page of its own, too."""

    actions = None

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("story/", view(self.story_view), name="audit_ledgerevent_story"),
            path("export/", view(self.export_view), name="audit_ledgerevent_export"),
            path("keep/", view(self.keep_view), name="audit_ledgerevent_keep"),
            path("<int:object_id>/line/", view(self.line_view), name="audit_ledgerevent_line"),
            path("<int:object_id>/proof/", view(ProofView.as_view(model_admin=self)), name="audit_ledgerevent_proof"),
            *super().get_urls(),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, RIGHT)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, RIGHT)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The log. Searching it is itself an event; turning pages is not."""
        self._require(request)
        now = clock.now()
        searched = {name: ", ".join(values) for name, values in request.GET.lists() if name not in TURNING | TYPED}
        if any(searched.values()):
            tell_search("trail.searched", actor=request.user, now=now, asked=searched)
        frame = {**self._frame(request, "Audit trail"), "seal": seal_line(standing(now)), "leads_on": True}
        try:
            meant = self._meant(request)
            if len(meant) == 1:
                return redirect(self._with(request, meant[0]))
            asked_for = asked(request)
        except InvalidInput as error:
            return render(request, "audit/trail.html", {**frame, **_form(request, NOTHING), **_problems(error)}, status=400)
        if number := _direct(asked_for):
            return redirect(number)
        folds = Folds()
        leave_out = None if asked_for.filters.request else folds
        found = page(asked_for.filters, request.user, before=asked_for.before, after=asked_for.after, leave_out=leave_out)
        shown_context = {**context(request, asked_for, found, folds, now), **_form(request, asked_for.filters, asked_for.view)}
        choices = [(each.words, self._with(request, each)) for each in meant]
        return render(request, "audit/trail.html", {**frame, **shown_context, "meant": choices, "may_export": may(request.user, EXPORT)})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """An event's own page."""
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET"])
        if not self.has_view_permission(request):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        event = self.get_object(request, unquote(object_id))
        if event is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        frame = {**self._frame(request, f"Event {event.pk}"), "original": event}
        return render(request, "audit/event.html", {**frame, **_opened(request, event)})

    def line_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What a line of the log shows when it is opened: a part of a page."""
        self._require(request)
        event = self.get_object(request, str(object_id))
        if event is None:
            raise Http404
        return render(request, "audit/event_line.html", _opened(request, event))

    def story_view(self, request: HttpRequest) -> HttpResponse:
        """All that happened to one thing, or in one request, from the first event on, each opened."""
        self._require(request)
        now = clock.now()
        frame = self._frame(request, "Story")
        try:
            filters = parse(dict(request.GET.lists()), timezone.get_current_timezone(), beside=["after"])
            if len(filters.object) + bool(filters.request) != 1 or filters != Filters(object=filters.object, request=filters.request):
                raise InvalidInput("A story is of one thing or of one request.", {"object": ["Name one thing, or one request."]})
            after = _cursor(request.GET.get("after", ""))
        except InvalidInput as error:
            return render(request, "audit/story.html", {**frame, **_problems(error)}, status=400)
        found = page(filters, request.user, after=after, size=STORY)
        told = shown_all(found.events[::-1], request.user)
        turned = _turned(filters, found.newer, after)
        return render(request, "audit/story.html", {**frame, **_story(filters, told), **turned, "count": about(found.count), "now": now})

    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """POST hands out what the log shows, as it is read."""
        self._require(request)
        if request.method != "POST":
            # Such as somebody who was asked again who they are.
            return redirect(f"{reverse(LIST)}?{request.GET.urlencode()}".removesuffix("?"))
        try:
            asked_for = asked(request)
            version = asked_for.view.current if asked_for.view and not asked_for.changed else None
            told = sentence(asked_for.filters, names_of(asked_for.filters))
            form = request.POST.get("form", "")
            taken = export_trail(asked_for.filters, actor=request.user, now=clock.now(), form=form, told=told, version=version)
        except PortalError as error:
            return self._refused(request, error)
        headers = {"Content-Disposition": f'attachment; filename="{taken.name}"', "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingHttpResponse(taken.parts, content_type=taken.content_type, headers=headers)

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """POST keeps the filters of the address: as a new view, or as the next version of the view they began with."""
        self._require(request)
        if request.method != "POST":
            return redirect(LIST)
        try:
            asked_for = asked(request)
            view = self._kept(request, asked_for)
        except PortalError as error:
            return self._refused(request, error)
        return redirect(f"{reverse(LIST)}?view={view}")

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """An event has no history: it never changes."""
        return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]

    def _kept(self, request: HttpRequest, asked_for: Asked) -> int:
        now, words = clock.now(), str(request.POST.get("purpose", ""))[:2_000]
        if request.POST.get("as") == "version" and asked_for.view is not None:
            version = change_view(asked_for.view, asked_for.filters, actor=request.user, now=now, reason=words)
            messages.success(request, f"{version.view} is at version {version.number}.")
            return version.view_id
        name, shared = str(request.POST.get("name", "")), request.POST.get("shared") == "on"
        view = save_view(name, asked_for.filters, actor=request.user, now=now, purpose=words, shared=shared)
        messages.success(request, f"“{view}” is kept. It stands above the log from now on.")
        return view.pk

    def _refused(self, request: HttpRequest, error: PortalError) -> HttpResponse:
        """Says why, where it was asked."""
        if error.status == 403:
            raise PermissionDenied(error.message)
        said = [problem for problems in getattr(error, "fields", {}).values() for problem in problems]
        messages.error(request, " ".join([error.message, *said]))
        query = request.GET.urlencode()
        return redirect(f"{reverse(LIST)}?{query}" if query and not said else reverse(LIST))

    def _meant(self, request: HttpRequest) -> list[Meant]:
        """Whom and what the fields for names may mean. Raises InvalidInput when nobody and nothing is called so."""
        try:
            who, thing = (plain(request.GET.get(name, "").strip()) for name in ("who", "about"))
        except ValueError as error:
            raise InvalidInput("The trail cannot be searched like this.", {"who": [str(error)]}) from error
        found = people_like(who) if who else []
        if who and not found:
            raise InvalidInput("Nobody is called so.", {"who": [f"“{who}” is no part of any person's name. Try another part of it."]})
        things = things_like(thing, request, self.admin_site) if thing else []
        if thing and not things:
            said = f"“{thing}” is nothing that the trail tells of. Try a number or a part of a name."
            raise InvalidInput("Nothing is called so.", {"about": [said]})
        return next((meant for meant in (found, things) if len(meant) == 1), [*found, *things])

    def _with(self, request: HttpRequest, meant: Meant) -> str:
        """The address with a name replaced by what it means."""
        query = request.GET.copy()
        query.pop("who" if meant.part == "person" else "about", None)
        query.appendlist(meant.part, meant.value)
        return f"{reverse(LIST)}?{query.urlencode()}"

    def _frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "media": TRAIL}

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _form(request: HttpRequest, filters: Filters, view: SavedView | None = None) -> dict[str, Any]:
    """The form of filters: what can be said once stands in its fields, the rest beside them."""
    begun = [("view", str(view.pk)), ("changed", "1")] if view else []
    typed = {name: request.GET.get(name, "")[:LONGEST] for name in FilterForm.base_fields}
    # A browser's field for times shows nothing but times, and complains of the rest.
    typed |= {name: "" for name in ("since", "until") if not TIME.fullmatch(typed[name])}
    initial = {name: typed[name] for name in ("who", "about")}
    times = {name: f"{timezone.localtime(at):%Y-%m-%dT%H:%M}" for name in ("since", "until") if (at := getattr(filters, name))}
    return {
        "form": FilterForm(initial={**initial, **times, "text": filters.text} if filters is not NOTHING else typed),
        "people": people_listed(),
        "carried": [*hidden(as_query(filters)), *begun],
        "zone": zone_name(clock.now()),
    }


def _problems(error: InvalidInput) -> dict[str, Any]:
    return {"problem": error.message, "problems": [(name, words) for name, said in error.fields.items() for words in said]}


def _direct(asked_for: Asked) -> str:
    """The address of what somebody typed in full: an event's number or id, or a request's."""
    text = asked_for.filters.text
    if not text or asked_for.filters != Filters(text=text):
        return ""
    if text[0] == "#" and text[1:].isascii() and text[1:].isdecimal() and len(text) < 20:
        return reverse("admin:audit_ledgerevent_change", args=[int(text[1:])])
    compact = text.replace("-", "").lower()
    if len(compact) == 32 and all(character in "0123456789abcdef" for character in compact):
        event = LedgerEvent.objects.filter(event_id=compact).values_list("pk", flat=True).first()
        if event is not None:
            return reverse("admin:audit_ledgerevent_change", args=[event])
        if LedgerEvent.objects.filter(request_id=compact).exists():
            return address(Filters(request=compact))
    return ""


def _opened(request: HttpRequest, event: LedgerEvent) -> dict[str, Any]:
    """An event in words, with its place in the ledger."""
    told, now, place = shown(event, request.user), clock.now(), in_ledger(event)
    line = told.line
    return {
        "event": event,
        "told": told,
        "line": line,
        "when": moment(event.recorded_at, now),
        "utc": f"{event.recorded_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        "place": place,
        "sealed": clock_time(place.sealed_at, now) if place.sealed_at else "",
        "may_export": may(request.user, EXPORT),
        "proof": reverse("admin:audit_ledgerevent_proof", args=[event.pk]),
        "story": story_address(line.kind, line.key) if line.kind else "",
        "of_request": f"{reverse('admin:audit_ledgerevent_story')}?request={line.request}" if line.request else "",
        "elevation": _elevation(line),
        "token": str((line.content.get("ctx") or {}).get("token") or ""),
    }


def _elevation(line: Line) -> Elevation | None:
    """The role taken for minutes in which it was done. One query where it was."""
    key = str((line.content.get("ctx") or {}).get("elevation") or "")
    return Elevation.objects.filter(pk=key).first() if key.isdecimal() else None


def _story(filters: Filters, told: list[Shown]) -> dict[str, Any]:
    if filters.request:
        return {"about": f"request {filters.request}", "told": told, "in_log": address(filters), "thing": ""}
    kind, _, key = filters.object[0].partition(":")
    words = words_of([(kind, key)]).get((kind, key)) or (told[-1].line.what if told else f"{kind} {key}")
    return {"about": words, "told": told, "in_log": address(filters), "kind": kind, "key": key}


def _turned(filters: Filters, newer: int | None, after: int) -> dict[str, Any]:
    query = as_query(filters)
    base = reverse("admin:audit_ledgerevent_story")
    return {
        "next": f"{base}?{urlencode([*query, ('after', newer)])}" if newer is not None else "",
        "first": f"{base}?{urlencode(query)}" if after else "",
    }


def _cursor(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InvalidInput("There is no such page.", {"after": ["Begin with the first event."]})
    return int(text)
