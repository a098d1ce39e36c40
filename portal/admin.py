"""People, and what was sent to them."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from rest_framework.authtoken.models import Token, TokenProxy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminPasswordWidget

from audit.duties.granting import refuse_roles
from audit.events.services import act
from policies.admin.authority import authority_of
from portal.foundation.access.checks import may
from portal.foundation.access.elevation import grantable_groups, is_above
from portal.foundation.adminkit.access_links import SEE_ACCESS
from portal.foundation.adminkit.bases import GovernedAdmin
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.errors import NotAllowed
from portal.foundation.people.services import revoke_token
from portal.models import User

from . import access_admin as access_admin
from . import channel_admin as channel_admin
from . import contact_admin as contact_admin
from . import directory_admin as directory_admin
from . import jobs_admin as jobs_admin
from . import messages_admin as messages_admin
from . import outage_admin as outage_admin
from .contact_rows import presence_in_words, summary, ways_of

# The token's page shows the token itself, and groups are what the role catalogue says.
admin.site.unregister(TokenProxy)
admin.site.unregister(Group)

HARMLESS = ("display_name", "time_zone", "skills", "languages")
RIGHTS = ("groups", "is_staff", "is_superuser")
ABOVE = "This account holds rights that you do not, so only somebody who holds them may do this."


class PasswordForm(forms.Form):
    """Typed once and shown to nobody; the person changes it after signing in."""

    password = forms.CharField(widget=UnfoldAdminPasswordWidget, max_length=200, help_text="At least 12 characters, not a common one.")

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password)
        return password


def _set_password(user: User, *, actor: Any, now: datetime, reason: str, password: str) -> None:
    _refuse_above(user, actor)
    with act("user.password_set", actor=actor, now=now, subject=user, why=reason):
        user.set_password(password)
        user.save(update_fields=["password"])


def _revoke_token(user: User, *, actor: Any, now: datetime, reason: str) -> None:
    with act("token.revoked", actor=actor, now=now, subject=user, why=reason):
        revoke_token(user)


def _refuse_above(user: User, actor: Any) -> None:
    if is_above(user, actor):
        raise NotAllowed(ABOVE)


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
            key="password",
            label="Set password",
            run=_set_password,
            permission="portal.change_user",
            form=PasswordForm,
            possible=_portal_account,
            consequence="The person can sign in with it at once, and with the old one no longer.",
            done="Password set.",
        ),
        Verb(
            key="revoke-token",
            label="Revoke API token",
            run=_revoke_token,
            permission="portal.change_user",
            look="danger",
            possible=lambda user: Token.objects.filter(user=user).exists(),
            consequence="Systems that use this token are refused at once.",
            done="Token revoked.",
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
        return [verb for verb in offered if verb.key != "password" or not is_above(thing, request.user)]

    def before_save(self, request: HttpRequest, obj: User, now: datetime, *, adding: bool) -> None:
        """A new account cannot sign in until its password is set."""
        if adding:
            obj.set_unusable_password()

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
