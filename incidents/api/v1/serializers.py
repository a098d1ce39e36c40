"""What the API takes and gives. Severity, state and owner are results of verbs and are never taken."""

from datetime import datetime
from typing import Any, cast

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.escalation.queries import latest_runs
from incidents.lifecycle import checks, grading
from incidents.lifecycle.facts import LONGEST_LABEL, MOST_LABELS, GivenFacts
from incidents.lifecycle.queries import segment_called
from incidents.lifecycle.services import Details
from incidents.lifecycle.telling import parts_of
from incidents.models import EscalationRun, ImpactReading, Incident, TimelineEntry
from policies.decisions.severity import Reading
from policies.decisions.vocabulary import Exposure, Scale
from portal.foundation.apikit.fields import Moment, StrictSerializer, Text
from portal.foundation.apikit.forms import shown

SCALE_WORDS = {step.name.lower(): int(step) for step in Scale}


@extend_schema_field(
    {"oneOf": [{"type": "integer", "minimum": 1, "maximum": 3}, {"type": "string", "enum": [*SCALE_WORDS]}], "example": "high"}
)
class ScaleField(serializers.Field):
    """1, 2, 3 or their words; given back as a number."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and data.lower() in SCALE_WORDS:
            return SCALE_WORDS[data.lower()]
        if isinstance(data, bool) or not isinstance(data, int) or data not in SCALE_WORDS.values():
            raise serializers.ValidationError("Send 1 or 'high', 2 or 'medium', 3 or 'low'.")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


EXPOSURE_WORDS = {step.name.lower(): int(step) for step in Exposure}


@extend_schema_field(
    {"oneOf": [{"type": "integer", "minimum": 0, "maximum": 3}, {"type": "string", "enum": [*EXPOSURE_WORDS]}], "example": "likely"}
)
class ExposureField(serializers.Field):
    """0 to 3 or their words; given back as a number."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and data.lower() in EXPOSURE_WORDS:
            return EXPOSURE_WORDS[data.lower()]
        if isinstance(data, bool) or not isinstance(data, int) or data not in EXPOSURE_WORDS.values():
            raise serializers.ValidationError("Send 0 or 'none', 1 or 'possible', 2 or 'likely', 3 or 'certain'.")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(OpenApiTypes.BOOL)
class Flag(serializers.Field):
    """true or false, and nothing that only looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("Send true or false.")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class ReadingInput(StrictSerializer):
    """A measured value. Without a time it was observed now."""

    measure = Text(max_length=40, help_text="One that is built in, or the key of a measure of our own.")
    value = serializers.DecimalField(max_digits=None, decimal_places=None, help_text="In the measure's own unit; kept to three decimals.")
    observed_at = Moment(required=False)

    @staticmethod
    def reading(data: dict[str, Any], now: datetime) -> Reading:
        return Reading(data["measure"], data["value"], data.get("observed_at", now))


class ServiceReadingInput(ReadingInput):
    """A measured value of a service."""

    service = Text(max_length=120, help_text="The service's key, e.g. card-payments.")


class FactsInput(StrictSerializer):
    """Markers and business facts. A marker that stands is never taken away."""

    personal_data = Flag(required=False, help_text="Personal data are touched: the legal and compliance track runs.")
    regulated = Flag(required=False, help_text="A regulated workload is touched. Left out: as its service.")
    data_breach = Flag(required=False, help_text="Data may have been seen, taken or changed by somebody who must not.")
    confidential = Flag(required=False, help_text="Details leave only over cleared channels. Taking it back needs the right to declassify.")
    labels = serializers.ListField(
        child=Text(max_length=LONGEST_LABEL), required=False, max_length=MOST_LABELS, help_text="Words that exception rules look for."
    )
    revenue_loss_per_hour = serializers.DecimalField(
        max_digits=None, decimal_places=None, required=False, allow_null=True, help_text="Estimated; kept to two decimals."
    )
    revenue_currency = Text(required=False, allow_blank=True, max_length=3, help_text="ISO 4217, in capitals, e.g. EUR.")
    regulatory_exposure = ExposureField(required=False, help_text="How sure it is that a regulator has to be told: 0 none to 3 certain.")
    segment = Text(required=False, allow_null=True, max_length=120, help_text="The name of the customer segment hit.")

    @staticmethod
    def facts(data: dict[str, Any]) -> GivenFacts:
        """The facts among validated data. Raises InvalidInput for a segment that there is not."""
        given = {name: data[name] for name in GivenFacts.__annotations__ if name in data}
        if given.get("segment") is not None:
            given["segment"] = segment_called(given["segment"])
        return cast(GivenFacts, given)


class IncidentInput(FactsInput):
    """A new incident. Priority follows from impact and urgency, severity from the readings and the thresholds in force."""

    title = Text(max_length=checks.LONGEST_TITLE, help_text="What users notice, in one line.")
    service = Text(max_length=120, help_text="The service's key, e.g. card-payments.")
    impact = ScaleField(help_text="How much of the business is hit: 1 high, 2 medium, 3 low.")
    urgency = ScaleField(help_text="How fast it must be solved: 1 high, 2 medium, 3 low.")
    description = Text(required=False, allow_blank=True, default="", max_length=checks.LONGEST_TEXT)
    readings = ReadingInput(many=True, required=False, default=list)


class IncidentChange(FactsInput):
    """What became known, or was understood wrongly. What is left out stays as it is."""

    title = Text(required=False, max_length=checks.LONGEST_TITLE)
    description = Text(required=False, allow_blank=True, max_length=checks.LONGEST_TEXT)
    impact = ScaleField(required=False)
    urgency = ScaleField(required=False)
    reason = Text(max_length=checks.LONGEST_REASON, help_text="How you know. It stays with the change.")

    @staticmethod
    def details(data: dict[str, Any]) -> Details:
        return cast(Details, {name: data[name] for name in Details.__annotations__ if name in data})


class AcknowledgeInput(StrictSerializer):
    """Words are welcome, not needed."""

    reason = Text(required=False, allow_blank=True, default="", max_length=checks.LONGEST_REASON)


class ResolveInput(StrictSerializer):
    """What restored the service."""

    reason = Text(max_length=checks.LONGEST_REASON)


class NoteInput(StrictSerializer):
    """Words for the timeline."""

    text = Text(max_length=checks.LONGEST_TEXT)


class TimelineOutput(serializers.Serializer):
    """One thing that happened: when, who, what, why."""

    at = Moment()
    recorded_at = Moment()
    kind = serializers.ChoiceField(choices=TimelineEntry.Kind.choices)
    actor = serializers.CharField(source="actor_name")
    text = serializers.CharField()
    why = serializers.CharField()
    data = serializers.JSONField()  # type: ignore[assignment]
    imported = serializers.BooleanField()


class ReadingOutput(serializers.Serializer):
    """A reading as kept."""

    measure = serializers.CharField()
    value = serializers.SerializerMethodField("plain_value")
    observed_at = Moment()
    recorded_at = Moment()

    def plain_value(self, reading: ImpactReading) -> str:
        return f"{reading.value.normalize():f}"


class PinnedVersionOutput(serializers.Serializer):
    """The policy version that the incident follows."""

    id = serializers.IntegerField()
    policy = serializers.CharField(source="policy.name")
    number = serializers.IntegerField()
    content_sha256 = serializers.CharField()


_NAME = {"type": "string", "nullable": True}


class IncidentOutput(serializers.Serializer):
    """An incident, as a line of a list."""

    number = serializers.CharField()
    url = serializers.SerializerMethodField()
    title = serializers.CharField()
    description = serializers.CharField()
    service = serializers.CharField(source="service.key")
    service_name = serializers.CharField(source="service.name")
    impact = serializers.IntegerField(allow_null=True)
    urgency = serializers.IntegerField(allow_null=True)
    priority = serializers.IntegerField(allow_null=True, help_text="1 is the first to be worked.")
    priority_label = serializers.CharField(source="get_priority_display", allow_null=True)
    severity = serializers.CharField(help_text="SEV1 is the worst; empty when no threshold broke.")
    start_level = serializers.IntegerField()
    personal_data = serializers.BooleanField(help_text="The legal and compliance track runs. It is never taken away.")
    regulated = serializers.BooleanField(help_text="As personal_data.")
    data_breach = serializers.BooleanField(help_text="As personal_data.")
    confidential = serializers.BooleanField(help_text="Details leave only over cleared channels.")
    labels = serializers.ListField(child=serializers.CharField())
    revenue_loss_per_hour = serializers.SerializerMethodField()
    revenue_currency = serializers.CharField()
    regulatory_exposure = serializers.IntegerField(help_text="0 none, 1 possible, 2 likely, 3 certain.")
    segment = serializers.SerializerMethodField()
    state = serializers.CharField()
    hold_reason = serializers.CharField()
    origin = serializers.CharField()
    team = serializers.SerializerMethodField()
    assigned_to = serializers.SerializerMethodField()
    opened_at = Moment()
    opened_by = serializers.SerializerMethodField()
    acknowledged_at = Moment(allow_null=True)
    acknowledged_by = serializers.SerializerMethodField()
    resolved_at = Moment(allow_null=True)
    resolved_by = serializers.SerializerMethodField()
    closed_at = Moment(allow_null=True)
    policy_version = PinnedVersionOutput(allow_null=True)

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, incident: Incident) -> str:
        return reverse("incident-detail", kwargs={"number": incident.number})

    @extend_schema_field({"type": "string", "nullable": True, "example": "25000"})
    def get_revenue_loss_per_hour(self, incident: Incident) -> str | None:
        loss = incident.revenue_loss_per_hour
        return None if loss is None else f"{loss.normalize():f}"

    @extend_schema_field(_NAME)
    def get_segment(self, incident: Incident) -> str | None:
        return _name(incident.segment)

    @extend_schema_field(_NAME)
    def get_team(self, incident: Incident) -> str | None:
        return _name(incident.team)

    @extend_schema_field(_NAME)
    def get_assigned_to(self, incident: Incident) -> str | None:
        return _name(incident.assigned_to)

    @extend_schema_field(_NAME)
    def get_opened_by(self, incident: Incident) -> str | None:
        return _name(incident.opened_by)

    @extend_schema_field(_NAME)
    def get_acknowledged_by(self, incident: Incident) -> str | None:
        return _name(incident.acknowledged_by)

    @extend_schema_field(_NAME)
    def get_resolved_by(self, incident: Incident) -> str | None:
        return _name(incident.resolved_by)


class RulePartOutput(serializers.Serializer):
    """One part of the rules that the incident is judged by, the version that supplies it, and why that one."""

    part = serializers.CharField()
    version_id = serializers.IntegerField()
    version = serializers.CharField()
    why = serializers.CharField()


class TrackOutput(serializers.Serializer):
    """One track of the incident's escalation as it stands, by its latest run."""

    track = serializers.CharField(help_text="technical, stakeholder or compliance.")
    state = serializers.CharField(help_text="paging, held, acknowledged, ended, or exhausted: nobody was reached.")
    level = serializers.IntegerField(help_text="0 before the first alert.")
    round = serializers.IntegerField()
    started_at = Moment()
    ended_at = Moment(allow_null=True)
    next_look_at = Moment(source="next_run_at", allow_null=True)
    held_until = Moment(allow_null=True, help_text="When an alerting that is on hold goes on by itself.")
    holder = serializers.SerializerMethodField(help_text="Who is responsible on this track now.")
    acknowledged_at = Moment(allow_null=True, help_text="Of this track; the technical one is acknowledged with the incident.")
    acknowledged_by = serializers.SerializerMethodField()
    policy_version = PinnedVersionOutput()

    @extend_schema_field(_NAME)
    def get_holder(self, run: EscalationRun) -> str | None:
        return _name(run.holder)

    @extend_schema_field(_NAME)
    def get_acknowledged_by(self, run: EscalationRun) -> str | None:
        return _name(run.acknowledged_by)


class IncidentStoryOutput(IncidentOutput):
    """An incident with its readings and its timeline, oldest first, its tracks, and the rules that it is judged by."""

    tracks = serializers.SerializerMethodField()
    rules = serializers.SerializerMethodField()
    readings = ReadingOutput(many=True)
    timeline = TimelineOutput(many=True)

    @extend_schema_field(TrackOutput(many=True))
    def get_tracks(self, incident: Incident) -> Any:
        return [shown(TrackOutput, run) for run in latest_runs(incident)]

    @extend_schema_field(RulePartOutput(many=True))
    def get_rules(self, incident: Incident) -> list[dict[str, Any]]:
        return parts_of(grading.rules_pinned_by(incident).rules)


class ReadingOutcome(serializers.Serializer):
    """What a reading led to. `incident` is the one it belongs to, null when nothing is broken."""

    reading = ReadingOutput()
    incident = IncidentOutput(allow_null=True)


def _name(thing: Any) -> str | None:
    return str(thing) if thing is not None else None
