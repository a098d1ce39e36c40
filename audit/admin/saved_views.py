"""The views of the trail that people keep: what each selects, in every version of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.models import SavedView, SavedViewVersion
from audit.reading.describing import sentence
from audit.reading.filters import Filters
from audit.reading.services import RIGHT, retire_view, share_view, take_over_view, views_for
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .trail_page import LIST, names_of, story_address


def unshare_view(view: SavedView, *, actor: Any, now: datetime, reason: str = "") -> None:
    """As a verb's button calls it."""
    share_view(view, actor=actor, now=now, shared=False, reason=reason)


@dataclass(frozen=True, slots=True)
class Kept:
    """A version as the page lists it."""

    version: SavedViewVersion
    words: str


@admin.register(SavedView)
class SavedViewAdmin(PortalModelAdmin):
    """Everybody who may read the trail sees shared views and their own; only its owner changes one, and whoever takes over what somebody left behind."""

    list_display = ("called", "selects", "whose", "seen_by", "since")
    list_display_links = ("called",)
    search_fields = ("name", "purpose")
    page_template = "audit/saved_view.html"
    fields = ("purpose", "whose", "seen_by")
    readonly_fields = fields
    empty_list = (
        "No view is kept yet. Filter the audit trail, then keep what you see under a name: reviews begin with it, and others can use it."
    )
    verbs = (
        Verb(
            key="share",
            label="Share it",
            run=share_view,
            permission=RIGHT,
            possible=lambda view: not view.is_shared and view.retired_at is None,
            need="nothing",
            done="Everybody who may read the trail sees it now.",
        ),
        Verb(
            key="unshare",
            label="Keep it to yourself",
            run=unshare_view,
            permission=RIGHT,
            possible=lambda view: view.is_shared and view.retired_at is None,
            need="nothing",
            done="Only you see it now.",
        ),
        Verb(
            key="take_over",
            label="Take it over",
            run=take_over_view,
            permission=RIGHT,
            possible=lambda view: not view.owner.is_active and view.retired_at is None,
            need="words",
            consequence="Its owner has left. It becomes yours, with all its versions.",
            done="The view is yours now.",
        ),
        Verb(
            key="retire",
            label="Retire it",
            run=retire_view,
            permission=RIGHT,
            possible=lambda view: view.retired_at is None,
            need="perhaps words",
            look="danger",
            consequence="It leaves every list. Its versions stay, and what was reviewed with them can be named as before.",
            done="The view is retired.",
            back_to=lambda view, outcome: reverse("admin:audit_savedview_changelist"),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return views_for(request.user).prefetch_related("versions")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, RIGHT) and (obj is None or obj.is_shared or obj.owner_id == request.user.pk or not obj.owner.is_active)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, RIGHT)

    def has_view_or_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        is_own = thing.owner_id == request.user.pk
        return is_own != (verb.key == "take_over") and super().may_use(request, verb, thing)

    @admin.display(description="View", ordering="name")
    def called(self, view: Any) -> str:
        return str(view)

    @admin.display(description="Selects")
    def selects(self, view: Any) -> str:
        """Of the newest version, with keys where names would be a query for each row."""
        return words_of_version(view.versions.all()[0], named=False)

    @admin.display(description="Whose", ordering="owner")
    def whose(self, view: Any) -> str:
        return str(view.owner)

    @admin.display(description="Seen by", ordering="is_shared")
    def seen_by(self, view: Any) -> str:
        return "everybody who may read the trail" if view.is_shared else "its owner"

    @admin.display(description="Changed", ordering="created_at")
    def since(self, view: Any) -> SafeString | str:
        return moment(view.versions.all()[0].at, clock.now())

    def has_history(self, request: HttpRequest) -> bool:
        """What was done with a view stands in the trail, which whoever sees views may read."""
        return True

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return redirect(story_address(self.opts.label_lower, unquote(object_id)))

    def history_form_view(self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None) -> HttpResponse:
        raise Http404

    def first_line(self, view: Any, now: datetime) -> str:
        newest = view.versions.all()[0]
        return format_html("{}: {}. Version {} since {}.", view.name, words_of_version(newest), newest.number, moment(newest.at, now))

    def links(self, request: HttpRequest, view: Any) -> list[tuple[str, str, str]]:
        return [("Open it in the log", f"{reverse(LIST)}?view={view.pk}", "primary")]

    def page_context(self, request: HttpRequest, view: Any, now: datetime) -> dict[str, Any]:
        kept = [Kept(version, words_of_version(version)) for version in view.versions.select_related("by")]
        return {"kept": kept, "now": now}


def words_of_version(version: SavedViewVersion, *, named: bool = True) -> str:
    """What a version selects, in a sentence."""
    try:
        filters = version.parsed
    except ValueError as error:
        return str(error)
    return sentence(filters, names_of(filters if named else Filters(kind=filters.kind)))
