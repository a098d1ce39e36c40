"""People, and what was sent to them."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from audit.duties.granting import refuse_roles
from policies.admin.authority import authority_of
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.access.elevation import grantable_groups, is_above
from portal.foundation.adminkit.access_links import SEE_ACCESS
from portal.foundation.adminkit.bases import GovernedAdmin
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.errors import NotAllowed
from portal.foundation.front_door.ending import end_everywhere
from portal.foundation.front_door.factors import has_factor, take_away
from portal.foundation.front_door.locks import is_closed_for, lift
from portal.foundation.front_door.passwords import send_link
from portal.foundation.front_door.tokens.services import is_machine, may_make
from portal.models import AuditAppointment, User

from . import access_admin as access_admin
from . import channel_admin as channel_admin
from . import contact_admin as contact_admin
from . import directory_admin as directory_admin
from . import jobs_admin as jobs_admin
from . import messages_admin as messages_admin
from . import outage_admin as outage_admin
from . import token_admin as token_admin
from .contact_rows import presence_in_words, summary, ways_of

# Groups are what the role catalogue says.
admin.site.unregister(Group)

HARMLESS = ("display_name", "time_zone", "skills", "languages")
RIGHTS = ("groups", "is_staff", "is_superuser")
# What would let somebody into an account, or keep its person out.
OF_EQUALS = ("password-link", "end-sessions", "second-factors")


def _portal_account(user: User) -> bool:
    return user.origin == User.Origin.PORTAL


@admin.register(User)
class UserAdmin(GovernedAdmin):
    """Accounts: deactivated, never deleted; rights by role only, never one's own, never above one's own."""

    list_display = ("display_name", "username", "is_active", "roles", "origin")
    list_filter = ("is_active", ("origin", ChoicesDropdownFilter), "groups")
    search_fields = ("username", "display_name", "email")
    show_full_result_count = False
    ordering = ("origin", "display_name")
    actions = None
    filter_horizontal = ("groups",)
    page_template = "portal/person_panels.html"
    fieldsets = (
        (None, {"fields": ("username", "display_name", "email", "time_zone", "manager")}),
        ("What they know and speak", {"fields": (("skills", "languages"),)}),
        ("Rights", {"fields": ("is_active", *RIGHTS), "description": "Rights come with roles. Nobody changes their own."}),
    )
    verbs = (
        Verb(
            key="password-link",
            label="Send a link to set the password",
            run=send_link,
            permission="portal.change_user",
            possible=lambda user: _portal_account(user) and user.is_active,
            consequence="It goes to the person's own contact point and counts for an hour, once. Nobody else sees it. Until it is used, the old password works.",
            done=str,
        ),
        Verb(
            key="end-sessions",
            label="End all sessions",
            run=end_everywhere,
            permission="portal.change_user",
            look="danger",
            possible=_portal_account,
            consequence="The person is signed out everywhere at the next click.",
            done=str,
        ),
        Verb(
            key="second-factors",
            label="Take second factors away",
            run=take_away,
            permission="portal.change_user",
            look="danger",
            possible=has_factor,
            consequence="For somebody who lost them. All sessions end; at the next sign-in the person sets up new ones. Be sure whom you speak with.",
            done="The second factors are gone.",
        ),
        Verb(
            key="lift-lock",
            label="Let them try again",
            run=lift,
            permission="portal.change_user",
            possible=lambda user: is_closed_for(user, clock.now()),
            consequence="After too many wrong tries the person has to wait. This ends the wait.",
            done="The person can try again at once.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def first_line(self, user: User, now: datetime) -> str:
        if not user.is_active:
            return "This account is not active: it cannot sign in, and no message goes to it."
        words, _ = presence_in_words(user, now, own=False)
        return format_html("{} {}", summary(user, ways_of(user, now), own=False)[0], words)

    def links(self, request: HttpRequest, user: User) -> list[tuple[str, str, str]]:
        known = user.is_active and (may(request.user, "portal.view_contactpoint") or may(request.user, "portal.change_availability"))
        reach = [("How to reach", reverse("admin:portal_mycontacts_of", args=[user.pk]), "default")] if known else []
        if is_machine(user) and user.is_active and may_make(user, request.user):
            reach.append(("Make an API token", reverse("front-door-token-new-for", args=[user.pk]), "default"))
        if not may(request.user, SEE_ACCESS):
            return reach
        return [*reach, ("What they can see", reverse("admin:portal_objectgrant_person", args=[user.pk]), "default")]

    def page_context(self, request: HttpRequest, user: User, now: datetime) -> dict[str, Any]:
        if not may(request.user, "policies.view_delegatedauthority"):
            return {}
        return {"shows_authority": True, "regions": list(user.regions.order_by("name")), "authority": authority_of(user, now)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What the reader may not touch of `obj`."""
        named: list[Any] = [name for _, options in self.fieldsets for name in options["fields"]]
        every = tuple(flatten(named))
        if obj is None:
            return () if request.user.is_superuser else ("is_superuser",)
        if not _portal_account(obj):
            return every
        if obj.pk == request.user.pk:
            return ("username", "is_active", *RIGHTS)
        if is_above(obj, request.user):
            allowed = HARMLESS if obj.is_superuser else (*HARMLESS, "is_active")
            return tuple(name for name in every if name not in allowed)
        return () if request.user.is_superuser else ("is_superuser",)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = grantable_groups(request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def offered(self, request: HttpRequest, thing: Any) -> list[Verb]:
        offered = super().offered(request, thing)
        above = is_above(thing, request.user)
        return [verb for verb in offered if not (above and verb.key in OF_EQUALS)]

    def before_save(self, request: HttpRequest, obj: User, now: datetime, *, adding: bool) -> None:
        """A new account cannot sign in until its person set a password; an auditor's is never one that may do everything."""
        if adding:
            obj.set_unusable_password()
        elif obj.is_superuser and AuditAppointment.objects.filter(person=obj, ended_at=None).exists():
            raise NotAllowed("This account is an auditor's. End the appointment first.")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Duties that must not meet are not given to one person, unless somebody said until when."""
        if obj.is_active and set(form.changed_data) & {"groups", "is_superuser", "is_active"}:
            groups = form.cleaned_data["groups"] if "groups" in form.cleaned_data else obj.groups.all() if obj.pk else ()
            refuse_roles(obj, groups, is_superuser=obj.is_superuser, now=request.portal_now)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    @admin.display(description="Roles")
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or "none"


@admin.register(Group)
class GroupAdmin(ModelAdmin):
    """Roles, as the role catalogue has them: to be read."""

    list_display = ("name",)
    fields = ("name", "permissions")
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
