"""What the hand-offs of the API take and give."""

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.lifecycle import checks
from incidents.models import HandOff
from policies.decisions.vocabulary import Track
from policies.models import Team
from portal.foundation.apikit.fields import Moment, StrictSerializer, Text
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import User


class OfferInput(StrictSerializer):
    """An offer to a person, to a team, or to a person for a team. Whoever has the incident keeps it until it is accepted."""

    incident = Text(max_length=40, help_text="The incident's number.")
    to_person = Text(required=False, max_length=150, help_text="A user name.")
    to_team = Text(required=False, max_length=120, help_text="The name of an assignment group; alone: whoever of it accepts.")
    kind = serializers.ChoiceField(
        required=False, choices=HandOff.Kind.choices, help_text="Left out: functional for another group, peer otherwise."
    )
    track = serializers.ChoiceField(required=False, choices=[(track.value, track.label) for track in Track], default=Track.TECHNICAL.value)
    note = Text(max_length=checks.LONGEST_REASON, help_text="What was done, what is open, what comes next.")

    @staticmethod
    def receiver(data: dict[str, Any]) -> tuple[User | None, Team | None]:
        """To whom. Raises InvalidInput for a person or a team that there is not."""
        person = User.objects.filter(username=data["to_person"]).first() if "to_person" in data else None
        team = Team.objects.filter(name=data["to_team"]).first() if "to_team" in data else None
        if "to_person" in data and person is None:
            problem = f"Nobody has the user name '{data['to_person'][:60]}'."
            raise InvalidInput(problem, {"to_person": [problem]})
        if "to_team" in data and team is None:
            problem = f"No team is called '{data['to_team'][:60]}'."
            raise InvalidInput(problem, {"to_team": [problem]})
        return person, team


class WordsInput(StrictSerializer):
    """Words are welcome, not needed."""

    reason = Text(required=False, allow_blank=True, default="", max_length=checks.LONGEST_REASON)


class ReasonInput(StrictSerializer):
    """Words that stay on record."""

    reason = Text(max_length=checks.LONGEST_REASON)


class SignatureOutput(serializers.Serializer):
    """Who signs, and when; null while the signature is missing."""

    person = serializers.CharField(allow_null=True)
    signed_at = Moment(allow_null=True)


class HandOffOutput(serializers.Serializer):
    """A hand-off with both signatures."""

    id = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    incident = serializers.CharField(source="incident.number")
    track = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.CharField(help_text="open, signed, declined, withdrawn or waived.")
    giver = serializers.SerializerMethodField()
    receiver = serializers.SerializerMethodField()
    team = serializers.SerializerMethodField()
    missing = serializers.ListField(
        child=serializers.CharField(), source="lacks", help_text="Whose signatures are missing: giver, receiver."
    )
    by_engine = serializers.BooleanField(help_text="The escalation moved it; nobody asked.")
    note = serializers.CharField()
    answer = serializers.CharField()
    offered_at = Moment()
    offered_by = serializers.SerializerMethodField()
    settled_at = Moment(allow_null=True)
    settled_by = serializers.SerializerMethodField()
    content = serializers.JSONField(help_text="What both signed, and how the escalation stood.")
    content_sha256 = serializers.CharField()

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, hand_off: HandOff) -> str:
        return reverse("hand-off-detail", kwargs={"pk": hand_off.pk})

    @extend_schema_field(SignatureOutput)
    def get_giver(self, hand_off: HandOff) -> Any:
        return SignatureOutput({"person": hand_off.giver.username, "signed_at": hand_off.given_at}).data

    @extend_schema_field(SignatureOutput)
    def get_receiver(self, hand_off: HandOff) -> Any:
        return SignatureOutput({"person": _username(hand_off.receiver), "signed_at": hand_off.received_at}).data

    @extend_schema_field({"type": "string", "nullable": True})
    def get_team(self, hand_off: HandOff) -> str | None:
        return str(hand_off.team) if hand_off.team is not None else None

    @extend_schema_field({"type": "string", "nullable": True})
    def get_offered_by(self, hand_off: HandOff) -> str | None:
        return _username(hand_off.offered_by)

    @extend_schema_field({"type": "string", "nullable": True})
    def get_settled_by(self, hand_off: HandOff) -> str | None:
        return _username(hand_off.settled_by)


def _username(person: User | None) -> str | None:
    return None if person is None else person.username
