"""Who can see this, and why: who can decide on it, and why not. And what one person can reach."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views import View
from unfold.widgets import UnfoldAdminSelectWidget

from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.access.deciders import deciders_of
from portal.foundation.access.explained import explain, places_of
from portal.foundation.access.held import appointment_of
from portal.foundation.access.in_words import words_of
from portal.foundation.access.models import ObjectGrant
from portal.foundation.access.places import INCIDENT, SERVICE, UNIT, level_of, standing_in, view_right
from portal.foundation.access.roles import RESPOND
from portal.foundation.adminkit.access_links import SEE_ACCESS
from portal.foundation.adminkit.moments import moment
from portal.foundation.granting.services import GIVE
from portal.models import User

from .access_forms import people

MOST = 100


class WhoForm(forms.Form):
    """About whom it is asked."""

    person = forms.ModelChoiceField(
        label="A person", queryset=User.objects.none(), empty_label="Choose a person", widget=UnfoldAdminSelectWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people()  # type: ignore[attr-defined]


class AccessView(View):
    """`?on=incidents.incident:5`, and `&person=7` for why or why not."""

    site: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        if not may(request.user, SEE_ACCESS):
            raise PermissionDenied
        thing, now = named_object(request, request.GET.get("on", "")), clock.now()
        asked = WhoForm(request.GET) if "person" in request.GET else WhoForm()
        person = asked.cleaned_data["person"] if asked.is_bound and asked.is_valid() else None
        decided = deciders_of(thing)
        context = {
            **self.site.each_context(request),
            "title": f"Who can see {thing}?",
            "thing": thing,
            "on": request.GET.get("on", ""),
            "page": _page_of(thing),
            "form": asked,
            "person": person,
            "rights": [(words_of(right), explain(person, right, thing, now)) for right in rights_over(thing)] if person else [],
            "roles": _roles(thing),
            "grants": [_line(given, now) for given in grants_on(thing)],
            "give": f"{reverse('admin:portal_objectgrant_add')}?on={request.GET.get('on', '')}"
            if thing._meta.label_lower in (INCIDENT, SERVICE, UNIT) and may(request.user, GIVE)
            else "",
            "decision": decided[0] if decided else None,
            "deciders": decided[1] if decided else [],
        }
        return render(request, "portal/access.html", context)


class PersonView(View):
    """Everything that opens something to one person: roles, grants, an appointment."""

    site: Any = None

    def get(self, request: HttpRequest, person_id: int) -> HttpResponse:
        person, now = get_object_or_404(User, pk=person_id), clock.now()
        if person.pk != request.user.pk and not may(request.user, SEE_ACCESS):
            raise PermissionDenied
        groups = list(person.groups.order_by("name"))
        given = ObjectGrant.objects.filter(Q(user=person) | Q(group__in=groups)).select_related(*_BESIDE)
        context = {
            **self.site.each_context(request),
            "title": f"What {person} can reach",
            "person": person,
            "roles": groups,
            "appointment": appointment_of(person),
            "grants": [_line(each, now) for each in given.filter(ended_at=None)[:MOST]],
            "over": [_line(each, now) for each in given.exclude(ended_at=None)[:MOST]],
            "give": f"{reverse('admin:portal_objectgrant_add')}?person={person.pk}" if may(request.user, GIVE) else "",
        }
        return render(request, "portal/access_of_person.html", context)


_BESIDE = ("user", "group", "permission__content_type", "given_by")


def named_object(request: HttpRequest, on: str) -> Any:
    """What 'incidents.incident:5' names, if this reader may see it. Raises Http404 otherwise, whatever is wrong with it."""
    label, _, key = on.partition(":")
    try:
        model_admin = admin.site._registry[apps.get_model(label)]
    except (LookupError, ValueError):
        raise Http404 from None
    thing = model_admin.get_object(request, key) if key.isascii() and key.isdecimal() and len(key) < 16 else None
    if thing is None or not model_admin.has_view_permission(request, thing):
        raise Http404
    return thing


def rights_over(thing: Any) -> list[str]:
    """The rights that are explained for `thing`."""
    if thing._meta.label_lower == INCIDENT:
        worked = [right for right in RESPOND if right.endswith("_incident") and not right.startswith("incidents.add")]
        return [view_right(thing), *worked]
    decided = deciders_of(thing)
    changing = f"{thing._meta.app_label}.change_{thing._meta.model_name}"
    return [view_right(thing), changing, *([decided[0].permission] if decided else [])]


def grants_on(thing: Any) -> list[ObjectGrant]:
    """What was granted on `thing` and on what it hangs on, and is not over."""
    places, giving = places_of(thing), standing_in(view_right(thing))
    here = Q()
    for kind, rights in giving.items():
        for right in rights:
            app, codename = right.split(".")
            held = {"permission__content_type__app_label": app, "permission__codename": codename}
            here |= Q(object_pk__in=[str(key) for key in places[kind]], **held)
    return list(ObjectGrant.objects.filter(here, ended_at=None).select_related(*_BESIDE)[:MOST]) if here else []


def _roles(thing: Any) -> list[tuple[str, int]]:
    """Roles that see every such thing, and how many active people have them."""
    app, codename = view_right(thing).split(".")
    held = Q(permissions__content_type__app_label=app, permissions__codename=codename)
    counted = Group.objects.filter(held).annotate(people=Count("user", filter=Q(user__is_active=True), distinct=True))
    return [(group.name, group.people) for group in counted.order_by("name")]


def _line(given: ObjectGrant, now: Any) -> dict[str, Any]:
    level = level_of(given.right)
    return {
        "to": str(given.user) if given.user else f"everybody with the role {given.group}",
        "what": level.label if level else given.permission.name,
        "on": given.subject_name,
        "since": moment(given.starts_at, now),
        "until": moment(given.ended_at or given.until, now, empty="it is taken back"),
        "counts": given.counts(now),
        "why": given.reason,
        "by": given.given_by,
        "page": reverse("admin:portal_objectgrant_change", args=[given.pk]),
    }


def _page_of(thing: Any) -> str:
    return reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change", args=[thing.pk])
