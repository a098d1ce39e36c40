"""What the API takes and gives about overrides, absences and swaps."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from policies.models import DutyAbsence, DutySwap, OnCallOverride
from portal.foundation.apikit.fields import Moment, StrictSerializer, Text
from portal.foundation.people.models import User

LONGEST_REASON = 250


@extend_schema_field({"type": "integer", "minimum": 1})
class Person(serializers.Field):
    """Somebody by id."""

    def to_internal_value(self, data: Any) -> User:
        if not isinstance(data, int) or isinstance(data, bool) or not 0 < data < 2**63:
            raise serializers.ValidationError("Send the id of a person, a number.")
        found = User.objects.filter(pk=data, origin=User.Origin.PORTAL).first()
        if found is None:
            raise serializers.ValidationError("There is nobody with this id.")
        return found

    def to_representation(self, value: User) -> int:
        return value.pk


class NamedPerson(serializers.Serializer):
    """Somebody by id and name."""

    id = serializers.IntegerField(source="pk")
    name = serializers.SerializerMethodField()

    def get_name(self, person: User) -> str:
        return str(person)


class OverrideInput(StrictSerializer):
    """Somebody takes over."""

    person = Person(help_text="Id of whoever takes over.")
    starts_at = Moment(help_text="Now or later.")
    ends_at = Moment()
    reason = Text(max_length=LONGEST_REASON)


class Nothing(StrictSerializer):
    """Takes no field."""


class EndInput(StrictSerializer):
    """Why something ends."""

    reason = Text(max_length=LONGEST_REASON)


class OverrideOutput(serializers.ModelSerializer):
    """A stand-in; `ended_at` when it was ended before its time."""

    person = NamedPerson()
    instead_of = NamedPerson(allow_null=True)

    class Meta:
        model = OnCallOverride
        fields = ("id", "schedule", "person", "instead_of", "kind", "starts_at", "ends_at", "reason", "made_at", "ended_at")


class AbsenceInput(StrictSerializer):
    """Somebody is away, and on duty nowhere meanwhile."""

    person = Person(required=False, help_text="Id of whoever is away; yourself when left out.")
    starts_at = Moment(help_text="Now or later.")
    ends_at = Moment()
    kind = serializers.ChoiceField(choices=DutyAbsence.Kind.choices, required=False, default=DutyAbsence.Kind.LEAVE)
    accept_gaps = serializers.BooleanField(required=False, default=False, help_text="True when nobody taking over is meant.")
    reason = Text(required=False, default="", allow_blank=True, max_length=LONGEST_REASON)


class AbsenceOutput(serializers.ModelSerializer):
    """An absence; `ended_at` when it was ended before its time."""

    person = NamedPerson()
    kind = serializers.CharField(help_text="leave, travel, training or absent; '(not shown)' to an auditor who was called in.")

    class Meta:
        model = DutyAbsence
        fields = ("id", "person", "kind", "starts_at", "ends_at", "made_at", "ended_at")


class SwapInput(StrictSerializer):
    """A shift given away, for another one or for nothing."""

    giver = Person(required=False, help_text="Id of whoever gives; yourself when left out.")
    taker = Person(help_text="Id of whoever takes.")
    gives_from = Moment()
    gives_until = Moment()
    returns_from = Moment(required=False, allow_null=True, default=None)
    returns_until = Moment(required=False, allow_null=True, default=None)
    reason = Text(max_length=LONGEST_REASON)


class AnswerInput(StrictSerializer):
    """Words with an answer."""

    answer = Text(required=False, default="", allow_blank=True, max_length=LONGEST_REASON)


class SwapOutput(serializers.ModelSerializer):
    """A swap and where it stands."""

    giver = NamedPerson()
    taker = NamedPerson()

    class Meta:
        model = DutySwap
        fields = (
            *("id", "schedule", "giver", "taker", "gives_from", "gives_until", "returns_from", "returns_until"),
            *("state", "reason", "asked_at", "giver_accepted_at", "taker_accepted_at", "settled_at", "answer"),
        )
