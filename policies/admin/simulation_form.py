"""The form of a simulation: what it is asked with, and the address that asks the same again."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from policies.decisions.vocabulary import Exposure, Scale, Severity
from policies.governance.queries import in_force_everywhere
from policies.governance.states import VersionState
from policies.models import CustomerSegment, PolicyVersion, Service
from policies.simulation.queries import services_of
from policies.simulation.scenario import LONGEST_TITLE, TITLE, Scenario
from policies.simulation.script import LONGEST_TEXT, MOST_LINES, NEEDS, Line, made
from portal.foundation.access.checks import visible_to
from portal.foundation.people.models import validate_time_zone
from portal.foundation.words import duration

from .zoned import ZonedMoment

PAGE = "admin:policies_simulation_changelist"
EMPTY_ROWS = 3
MARKERS = ("personal_data", "regulated", "data_breach")
PLAIN = ("severity", "title", "impact", "urgency", "loss", "currency", "exposure")
SCALE = [("", "as the severity says"), *((step.value, step.label) for step in Scale)]


class RowForm(forms.Form):
    """One line of the script."""

    after = forms.CharField(max_length=40, required=False, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "7 min"}))
    what = forms.ChoiceField(
        choices=[("", "–"), *((what.value, needs.label) for what, needs in NEEDS.items())], required=False, widget=UnfoldAdminSelectWidget
    )
    who = forms.CharField(
        max_length=LONGEST_TEXT, required=False, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "who", "list": "sim-people"})
    )
    value = forms.CharField(
        max_length=LONGEST_TEXT, required=False, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "how long, which, how bad"})
    )

    def clean(self) -> dict[str, Any]:
        said = {name: self.cleaned_data.get(name) or "" for name in ("after", "what", "who", "value")}
        if not any(said.values()) or self.errors:
            return said
        if not said["what"]:
            raise ValidationError("Choose what happens.")
        try:
            return {**said, "line": made(said["after"], said["what"], said["who"], said["value"])}
        except ValueError as error:
            raise ValidationError(str(error)) from None


RowFormSet = forms.formset_factory(RowForm, extra=EMPTY_ROWS, max_num=MOST_LINES, validate_max=True)


class SimulationForm(forms.Form):
    """Which version, which incident, when. The script stands beside it, in rows."""

    version = forms.ModelChoiceField(queryset=PolicyVersion.objects.none(), required=False, label="Policy version")
    against = forms.ModelChoiceField(queryset=PolicyVersion.objects.none(), required=False, label="Compare with")
    service = forms.ModelChoiceField(queryset=Service.objects.none(), label="Service that is hit", widget=UnfoldAdminSelectWidget)
    severity = forms.ChoiceField(
        choices=[("", "none: readings tell"), *((one.value, one.label) for one in Severity)], required=False, widget=UnfoldAdminSelectWidget
    )
    begins = ZonedMoment(label="Opened at")
    zone = forms.CharField(
        max_length=64,
        label="On the clocks of",
        validators=[validate_time_zone],
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Europe/Berlin"}),
    )
    title = forms.CharField(max_length=LONGEST_TITLE, required=False, widget=UnfoldAdminTextInputWidget)
    impact = forms.TypedChoiceField(choices=SCALE, coerce=int, empty_value=None, required=False, widget=UnfoldAdminSelectWidget)
    urgency = forms.TypedChoiceField(choices=SCALE, coerce=int, empty_value=None, required=False, widget=UnfoldAdminSelectWidget)
    personal_data = forms.BooleanField(required=False, widget=UnfoldBooleanWidget)
    regulated = forms.BooleanField(required=False, label="Regulated workload", widget=UnfoldBooleanWidget)
    data_breach = forms.BooleanField(required=False, label="Suspected data breach", widget=UnfoldBooleanWidget)
    labels = forms.CharField(max_length=250, required=False, help_text="Separated by commas.", widget=UnfoldAdminTextInputWidget)
    segment = forms.ModelChoiceField(
        queryset=CustomerSegment.objects.order_by("name"), required=False, label="Customer segment", widget=UnfoldAdminSelectWidget
    )
    loss = forms.DecimalField(
        min_value=0, max_digits=14, decimal_places=2, required=False, label="Revenue loss per hour", widget=UnfoldAdminTextInputWidget
    )
    currency = forms.CharField(max_length=3, required=False, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "EUR"}))
    exposure = forms.TypedChoiceField(
        choices=[(str(step.value), step.label) for step in Exposure],
        coerce=int,
        required=False,
        label="Regulatory exposure",
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, actor: Any, now: datetime, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "sim-%s", **kwargs})
        versions = visible_to(
            actor,
            PolicyVersion.objects.select_related("policy__service").order_by("policy__name", "-number"),
            "policies.view_policyversion",
        )
        chosen = [self._asked(name) for name in ("version", "against")]
        shown = _choices(versions, [key for key in chosen if key], now)
        for name, empty in (("version", "whatever is in force"), ("against", "nothing")):
            field: Any = self.fields[name]
            field.queryset, field.widget = versions, UnfoldAdminSelectWidget(choices=[("", empty), *shown])
        services: Any = self.fields["service"]
        services.queryset = visible_to(actor, Service.objects.order_by("name"), "policies.view_service")
        begins: Any = self.fields["begins"]
        begins.place_in(_zone(self.data.get("zone") or zone), None)

    def _asked(self, name: str) -> int | None:
        text = str(self.data.get(name) or self.initial.get(name) or "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None

    def clean_begins(self) -> datetime:
        begins: datetime | None = self.cleaned_data["begins"]
        if begins is None:
            raise ValidationError("Give a day and a time.")
        return begins

    def scenario(self, lines: Iterable[Line]) -> Scenario:
        """What was asked, still to be checked as a whole."""
        said = self.cleaned_data
        return Scenario(
            service=said["service"].pk,
            begins=said["begins"],
            severity=said["severity"],
            title=said["title"] or TITLE,
            impact=said["impact"],
            urgency=said["urgency"],
            labels=tuple(label.strip() for label in said["labels"].split(",") if label.strip()),
            segment=said["segment"].pk if said["segment"] else None,
            loss=said["loss"],
            currency=said["currency"].upper(),
            exposure=said["exposure"] or 0,
            script=tuple(lines),
            **{name: said[name] for name in MARKERS},
        )


def address_of(scenario: Scenario, *, version: PolicyVersion | None, against: PolicyVersion | None, zone: str) -> str:
    """The page that shows this very simulation to whoever opens it."""
    told = scenario.document()
    told["event"] = told.pop("script", [])
    told["labels"] = ", ".join(told.get("labels", ()))
    if told.get("title") == TITLE:
        del told["title"]
    named = {"version": version and version.pk, "against": against and against.pk, **told, "zone": zone}
    return f"{reverse(PAGE)}?{urlencode({name: value for name, value in named.items() if value not in (None, '', [])}, doseq=True)}"


def initial_of(scenario: Scenario, *, version: PolicyVersion | None, against: PolicyVersion | None, zone: str) -> dict[str, Any]:
    """What the form shows of a scenario."""
    told: dict[str, Any] = {name: getattr(scenario, name) for name in (*PLAIN, *MARKERS, "service", "begins", "segment")}
    return {
        **told,
        "labels": ", ".join(scenario.labels),
        "version": version and version.pk,
        "against": against and against.pk,
        "zone": zone,
    }


def rows_of(scenario: Scenario) -> list[dict[str, str]]:
    """The script as the rows show it."""
    return [{"after": duration(line.after), "what": line.what.value, "who": line.who, "value": line.value} for line in scenario.script]


def suggested(version: PolicyVersion | None, services: Any, now: datetime) -> Scenario | None:
    """What to begin with: a major incident of the policy's first service, now; None where there is no service."""
    known = services.filter(pk__in=services_of(version.policy)) if version else services
    service = known.first() or services.first()
    if service is None:
        return None
    begins = (now + timedelta(minutes=1)).replace(second=0, microsecond=0)
    return Scenario(service.pk, begins, Severity.SEV2.value)


def numbered(asked: Mapping[str, str], name: str) -> int | None:
    """The primary key that a query string names; None without one, and for what is none."""
    text = asked.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _choices(versions: Any, chosen: list[int], now: datetime) -> list[tuple[int, str]]:
    """Every version in force and every open one, and all versions of the policies in question."""
    wanted = Q(pk__in=in_force_everywhere(now)) | Q(state__in=[VersionState.DRAFT.value, VersionState.SUBMITTED.value])
    wanted |= Q(policy__versions__in=chosen)
    rows = versions.filter(wanted).distinct().values_list("pk", "policy__name", "number", "state")
    current = {row["current"] for row in in_force_everywhere(now)}
    said = {
        VersionState.DRAFT.value: "draft",
        VersionState.SUBMITTED.value: "waits for approval",
        VersionState.DISCARDED.value: "discarded",
    }
    return [
        (pk, f"{name}, version {number} ({'in force' if pk in current else said.get(state, 'approved')})")
        for pk, name, number, state in rows
    ]


def _zone(name: str) -> str:
    try:
        validate_time_zone(name)
    except ValidationError:
        return "UTC"
    return name
