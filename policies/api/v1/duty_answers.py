"""What the API gives about duty: who is on call, the final view of a period, and its gaps."""

from rest_framework import serializers

from policies.decisions.rota import Source
from portal.foundation.apikit.fields import Moment


class PersonOutput(serializers.Serializer):
    """Somebody on duty."""

    id = serializers.IntegerField(source="person_id")
    name = serializers.CharField()


class ScheduleNameOutput(serializers.Serializer):
    """A schedule by its id."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class BackupOutput(serializers.Serializer):
    """Somebody who stands behind the person on duty in the same schedule."""

    id = serializers.IntegerField(source="person_id")
    name = serializers.CharField()
    why = serializers.CharField()


class OnCallOutput(serializers.Serializer):
    """Who is on call for something at an instant, and why."""

    id = serializers.CharField(help_text="Id of the schedule or team, key of the service.")
    name = serializers.CharField()
    at = Moment()
    person = PersonOutput(allow_null=True, help_text="Null when nobody is on call; 'why' says so in words.")
    until = Moment(allow_null=True, help_text="When this ends, excluded; null when no end is near.")
    why = serializers.CharField()
    source = serializers.ChoiceField(choices=[source.value for source in Source])  # type: ignore[assignment]
    schedule = ScheduleNameOutput(allow_null=True, help_text="Which schedule says so; of a team the first that has somebody on duty.")
    backups = BackupOutput(many=True)


class SlotOutput(serializers.Serializer):
    """A stretch of the final view. Stretches follow each other without a hole; where nobody is on duty stands one without a person."""

    since = Moment()
    until = Moment(help_text="Excluded.")
    person = PersonOutput(allow_null=True)
    source = serializers.ChoiceField(choices=[source.value for source in Source])  # type: ignore[assignment]
    layer = serializers.CharField(help_text="Of a rotation; empty otherwise.")
    why = serializers.CharField()
    passed = serializers.ListField(child=serializers.CharField(), help_text="Who would be on duty and is away.")
    schedule = ScheduleNameOutput(allow_null=True)


class OnCallDetailOutput(OnCallOutput):
    """Who is on call, and who is next."""

    next = SlotOutput(many=True, help_text="The next duties within 60 days, five at most.")


class ViewOutput(serializers.Serializer):
    """The final view of a period."""

    id = serializers.CharField()
    name = serializers.CharField()
    since = Moment()
    until = Moment()
    slots = SlotOutput(many=True)


class GapOutput(serializers.Serializer):
    """A stretch with nobody on duty."""

    since = Moment()
    until = Moment(help_text="Excluded.")
    seconds = serializers.IntegerField()


class GapsOutput(serializers.Serializer):
    """Every gap of a period."""

    id = serializers.CharField()
    name = serializers.CharField()
    since = Moment()
    until = Moment()
    gaps = GapOutput(many=True)
