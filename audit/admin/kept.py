"""The pages of what people keep under a name: the list, who owns and sees it, its versions, and the steps of its life."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.keeping.life import Life
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the page lists it."""

    version: Any
    words: str


def verbs_of(life: Life[Any], readers: str, *, stays: str = "Its versions stay.") -> tuple[Verb, ...]:
    """The steps of a kept thing's life. `readers` are those who see a shared one; `stays` says what retiring leaves."""
    return (
        Verb(
            key="share",
            label="Share it",
            run=life.share,
            permission=life.right,
            possible=lambda kept: not kept.is_shared and kept.retired_at is None,
            need="nothing",
            done=f"{readers[:1].upper()}{readers[1:]} sees it now.",
        ),
        Verb(
            key="unshare",
            label="Keep it to yourself",
            run=life.unshare,
            permission=life.right,
            possible=lambda kept: kept.is_shared and kept.retired_at is None,
            need="nothing",
            done="Only you see it now.",
        ),
        Verb(
            key="take_over",
            label="Take it over",
            run=life.take_over,
            permission=life.right,
            possible=lambda kept: not kept.owner.is_active and kept.retired_at is None,
            need="words",
            consequence="Its owner has left. It becomes yours, with all its versions.",
            done=f"The {life.noun} is yours now.",
        ),
        Verb(
            key="retire",
            label="Retire it",
            run=life.retire,
            permission=life.right,
            possible=lambda kept: kept.retired_at is None,
            need="perhaps words",
            look="danger",
            consequence=f"It leaves every list. {stays}",
            done=f"The {life.noun} is retired.",
            back_to=lambda kept, outcome: reverse(f"admin:{kept._meta.app_label}_{kept._meta.model_name}_changelist"),
        ),
    )


class KeptAdmin(PortalModelAdmin):
    """Whoever has the right sees what is shared and their own; only its owner changes it, and whoever takes over what somebody left behind.

    A kind says its `life`, its `readers`, and in `words_of` what a version holds.
    """

    life: ClassVar[Life[Any]]
    readers: ClassVar[str]

    list_display = ("called", "holds", "whose", "seen_by", "since")
    list_display_links = ("called",)
    search_fields = ("name", "purpose")
    page_template = "audit/kept_versions.html"
    fields = ("purpose", "whose", "seen_by")
    readonly_fields = fields

    def words_of(self, version: Any, *, named: bool = True) -> str:
        """What a version holds, in a sentence; not `named`: with keys where names would be a query for each row."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.life.seen_by(request.user).prefetch_related("versions")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.life.may_open(request.user, obj) if obj is not None else may(request.user, self.life.right)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, self.life.right)

    def has_view_or_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        is_own = thing.owner_id == request.user.pk
        return is_own != (verb.key == "take_over") and super().may_use(request, verb, thing)

    @admin.display(description="Name", ordering="name")
    def called(self, kept: Any) -> str:
        return str(kept)

    @admin.display(description="Shows")
    def holds(self, kept: Any) -> str:
        return self.words_of(kept.versions.all()[0], named=False)

    @admin.display(description="Whose", ordering="owner")
    def whose(self, kept: Any) -> str:
        return str(kept.owner)

    @admin.display(description="Seen by", ordering="is_shared")
    def seen_by(self, kept: Any) -> str:
        return self.readers if kept.is_shared else "its owner"

    @admin.display(description="Changed", ordering="created_at")
    def since(self, kept: Any) -> SafeString | str:
        return moment(kept.versions.all()[0].at, clock.now())

    def first_line(self, kept: Any, now: datetime) -> str:
        newest = kept.versions.all()[0]
        return format_html("{}: {}. Version {} since {}.", kept.name, self.words_of(newest), newest.number, moment(newest.at, now))

    def page_context(self, request: HttpRequest, kept: Any, now: datetime) -> dict[str, Any]:
        return {"kept": [Version(version, self.words_of(version)) for version in kept.versions.select_related("by")], "now": now}
