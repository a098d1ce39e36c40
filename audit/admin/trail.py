"""The audit trail: read, filtered, never touched."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateTimeFilter

from audit.events.alone import tell_search
from audit.events.stories import actor_words, changes_of, did_words, object_words, particulars_of
from audit.evidence.exports import RIGHT as EXPORT
from audit.evidence.standing import in_ledger, standing
from audit.ledger.personal import parsed
from audit.models import LedgerEvent
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.paginators import BoundedPaginator

from .filters import SHOWN, PersonFilter, RoutineFilter, TypeFilter, leaves_out_routine
from .proof import ProofView
from .seal import clock_time, seal_line

CONTENT = "_opened"


def content_of(event: LedgerEvent) -> dict[str, Any]:
    """What `Lines` put beside the event."""
    content: dict[str, Any] = event.__dict__[CONTENT]
    return content


# What a list's address says beside what is searched for.
TURNING = {"p", "o", "all", "e", "_changelist_filters", RoutineFilter.parameter_name}


class Lines(ChangeList):
    """The events of one page with their contents, read together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        events = list(self.result_list)
        for event, content in zip(events, parsed(event.payload for event in events), strict=True):
            event.__dict__[CONTENT] = content
        self.result_list = events


@admin.register(LedgerEvent)
class LedgerEventAdmin(ModelAdmin):
    """One line an event: time, person, verb, object, why."""

    list_display = ("when", "who", "did", "to_what", "why")
    list_display_links = ("when",)
    list_filter = (TypeFilter, PersonFilter, ("recorded_at", RangeDateTimeFilter), RoutineFilter)
    list_filter_submit = True
    list_filter_sheet = False
    search_fields = ("request_id",)
    search_help_text = "Number of the event, its id, or the id of a request"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    list_per_page = 50
    ordering = ("-id",)
    actions = None
    list_before_template = "audit/trail_top.html"

    class Media:
        css = {"all": ("adminkit/adminkit.css", "portal/ledger.css")}

    def get_urls(self) -> list[URLPattern]:
        proof = self.admin_site.admin_view(ProofView.as_view(model_admin=self))
        return [path("<int:object_id>/proof/", proof, name="audit_ledgerevent_proof"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Searching the trail is itself an event; turning pages is not."""
        asked = {name: str(value) for name, value in request.GET.items() if name not in TURNING}
        if any(asked.values()) and self.has_view_permission(request):
            tell_search("trail.searched", actor=request.user, now=clock.now(), asked=asked)
        top = self._top(request) if self.has_view_permission(request) else {}
        return super().changelist_view(request, {**top, **(extra_context or {})})  # type: ignore[no-any-return]

    def _top(self, request: HttpRequest) -> dict[str, Any]:
        """How the ledger stands, and the way to what the list leaves out."""
        shown = ""
        if leaves_out_routine(request):
            asked = request.GET.copy()
            asked[RoutineFilter.parameter_name] = SHOWN
            shown = f"?{asked.urlencode()}"
        return {"seal": seal_line(standing(clock.now())), "leads_on": True, "routine": shown}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Lines

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """By whole keys only: the trail is too long to be read through."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(request_id=term) | Q(object_pk=term)
        if term.isdecimal() and len(term) < 19:
            found |= Q(pk=int(term))
        compact = term.replace("-", "")
        if len(compact) == 32 and all(character in "0123456789abcdefABCDEF" for character in compact):
            found |= Q(event_id=compact)
        return queryset.filter(found), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET"])
        if not self.has_view_permission(request):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        event = self.get_object(request, unquote(object_id))
        if event is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        content, now, place = parsed([event.payload])[0], clock.now(), in_ledger(event)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": event,
            "title": f"Event {event.pk}",
            "event": event,
            "content": content,
            "verb": did_words(content),
            "what": object_words(content),
            "when": moment(event.recorded_at, now),
            "place": place,
            "sealed": clock_time(place.sealed_at, now) if place.sealed_at else "",
            "may_export": may(request.user, EXPORT),
            "proof": reverse("admin:audit_ledgerevent_proof", args=[event.pk]),
            "changes": changes_of(content),
            "particulars": particulars_of(content),
            "who": actor_words(content),
            "media": self.media,
        }
        return TemplateResponse(request, "audit/event.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """An event has no history: it never changes."""
        return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]

    @admin.display(description="When", ordering="-id")
    def when(self, event: LedgerEvent) -> SafeString | str:
        return moment(event.recorded_at, clock.now())

    @admin.display(description="Who")
    def who(self, event: LedgerEvent) -> str:
        return actor_words(content_of(event))

    @admin.display(description="Did")
    def did(self, event: LedgerEvent) -> str:
        return did_words(content_of(event))

    @admin.display(description="What")
    def to_what(self, event: LedgerEvent) -> str:
        return object_words(content_of(event))

    @admin.display(description="Why")
    def why(self, event: LedgerEvent) -> str:
        return str(content_of(event).get("why", ""))[:160]
