"""Forms that give a right on one object, and that call an auditor in. They collect; the services check."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from portal.foundation.access.checks import visible_to
from portal.foundation.access.places import INCIDENT, LEVELS, SEE, SERVICE, UNIT, WORK, Level, view_right
from portal.models import User

LONGEST_REASON = 2_000


def people() -> QuerySet[User]:
    """Everybody who can sign in, by name."""
    return User.objects.filter(is_active=True, origin=User.Origin.PORTAL).order_by("display_name", "username")


def in_reach(actor: Any, kind: str) -> QuerySet[Any]:
    """The objects of a kind that `actor` may see."""
    model = apps.get_model(kind)
    return visible_to(actor, model._default_manager.all(), view_right(model))


class Dates(forms.Form):
    """First and last day, as the clocks of whoever types them have it."""

    first_day = forms.DateField(
        label="First day",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text="Empty: from now on. In your time zone.",
    )
    last_day = forms.DateField(
        label="Last day",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text="Empty: until it is taken back.",
    )
    reason = forms.CharField(
        label="Why?",
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="One sentence. It stays on record, and whoever asks why reads it.",
    )

    def starts_at(self, now: datetime) -> datetime:
        chosen = self.cleaned_data["first_day"]
        return max(now, _begin_of(chosen)) if chosen else now

    def until(self) -> datetime | None:
        chosen = self.cleaned_data["last_day"]
        return _begin_of(chosen + timedelta(days=1)) if chosen else None

    def clean_last_day(self) -> date | None:
        return _possible(self.cleaned_data["last_day"])

    def clean_first_day(self) -> date | None:
        return _possible(self.cleaned_data["first_day"])


class GiveForm(Dates):
    """To whom, what, and on which object."""

    person = forms.ModelChoiceField(
        label="To a person", queryset=User.objects.none(), required=False, empty_label="–", widget=UnfoldAdminSelectWidget()
    )
    group = forms.ModelChoiceField(
        label="Or to everybody with a role",
        queryset=Group.objects.none(),
        required=False,
        empty_label="–",
        widget=UnfoldAdminSelectWidget(),
    )
    level = forms.ChoiceField(
        label="May",
        choices=[(SEE.key, SEE.label), (WORK.key, f"{WORK.label}: acknowledge, resolve, note, escalate")],
        widget=UnfoldAdminSelectWidget(),
    )
    incident = forms.CharField(
        label="On one incident",
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Its number, e.g. INC-2026-000042.",
    )
    service = forms.ModelChoiceField(
        label="Or on a service", queryset=User.objects.none(), required=False, empty_label="–", widget=UnfoldAdminSelectWidget()
    )
    unit = forms.ModelChoiceField(
        label="Or on a business unit",
        queryset=User.objects.none(),
        required=False,
        empty_label="–",
        widget=UnfoldAdminSelectWidget(),
        help_text="Counts for all its services and for every unit below it.",
    )
    # What was read and confirmed; anything else is asked again.
    sure = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())
    field_order = ("person", "group", "level", "incident", "service", "unit", "first_day", "last_day", "reason")

    def __init__(self, data: Any = None, *, actor: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.actor = actor
        known: dict[str, QuerySet[Any]] = {"person": people().exclude(pk=actor.pk), "group": Group.objects.order_by("name")}
        known |= {"service": in_reach(actor, SERVICE), "unit": in_reach(actor, UNIT)}
        for name, rows in known.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean_incident(self) -> Any:
        number = str(self.cleaned_data["incident"]).strip()
        if not number:
            return None
        found = in_reach(self.actor, INCIDENT).filter(number=number).first()
        if found is None:
            raise ValidationError("There is no incident with this number.")
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if sum(bool(given.get(name)) for name in ("person", "group")) != 1 and not self.errors:
            self.add_error("person", "Name a person or a role, one of them.")
        if sum(bool(given.get(name)) for name in ("incident", "service", "unit")) != 1 and not self.errors:
            self.add_error("incident", "Name an incident, a service or a business unit, one of them.")
        return given

    @property
    def level_given(self) -> Level:
        return LEVELS[self.cleaned_data["level"]]

    @property
    def holder(self) -> Any:
        return self.cleaned_data["person"] or self.cleaned_data["group"]

    @property
    def subject(self) -> Any:
        return self.cleaned_data["incident"] or self.cleaned_data["service"] or self.cleaned_data["unit"]


class AppointForm(Dates):
    """Who audits what."""

    person = forms.ModelChoiceField(
        label="Who",
        queryset=User.objects.none(),
        empty_label="Choose a person",
        widget=UnfoldAdminSelectWidget(),
        help_text="An account of the auditor's own.",
    )
    everything = forms.BooleanField(label="Everything", required=False, widget=UnfoldBooleanWidget())
    units = forms.ModelMultipleChoiceField(
        label="Or these business units, with all below them",
        queryset=User.objects.none(),
        required=False,
        widget=UnfoldAdminSelectMultipleWidget(),
    )
    services = forms.ModelMultipleChoiceField(
        label="And these services", queryset=User.objects.none(), required=False, widget=UnfoldAdminSelectMultipleWidget()
    )
    field_order = ("person", "everything", "units", "services", "first_day", "last_day", "reason")

    def __init__(self, data: Any = None, *, actor: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["last_day"].required, self.fields["last_day"].help_text = True, "In your time zone. It ends by itself."
        known: dict[str, QuerySet[Any]] = {"person": people().exclude(pk=actor.pk).exclude(is_superuser=True)}
        known |= {"units": in_reach(actor, UNIT), "services": in_reach(actor, SERVICE)}
        for name, rows in known.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    @property
    def scope(self) -> list[Any]:
        return [*self.cleaned_data["units"], *self.cleaned_data["services"]]


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


def _possible(day: date | None) -> date | None:
    if day is not None and not 2000 <= day.year < 2200:
        raise ValidationError("Give a day of this century.")
    return day
