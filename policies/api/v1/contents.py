"""What a version says, as the description of the API tells it. Durations are whole seconds, numbers are text, days are ISO 8601.

These serializers describe the frozen content and never change it: what is answered is what was hashed.
"""

from rest_framework import serializers
from rest_framework.serializers import BooleanField, CharField, ChoiceField, DateField, IntegerField, ListField

from policies.decisions.vocabulary import Audience, BusinessMeasure, Comparison, Indicator, Mandate, Severity, Track

SECONDS, NAME = "In seconds.", "The name it had when the version was frozen; the id counts."
SEVERITIES = [severity.value for severity in Severity]


def _key() -> IntegerField:
    return IntegerField(allow_null=True)


class TargetContent(serializers.Serializer):
    """Whom a level alerts: one of a person, a schedule, a role, a team's on-call."""

    position = IntegerField(help_text="1 is the primary, others are backups in order.")
    person_id = _key()
    schedule_id = _key()
    role_id = _key()
    team_id = _key()
    name = CharField(help_text=NAME)


class LevelContent(serializers.Serializer):
    """A level of a track."""

    number = IntegerField()
    name = CharField()
    kind = ChoiceField(choices=["functional", "hierarchical"])
    window_seconds = IntegerField(help_text="From its first alert to the next level.")
    backup_after_seconds = IntegerField(help_text="From one person to the next.")
    targets = TargetContent(many=True)
    reminders_seconds = ListField(child=IntegerField(), help_text="This long before the window closes.")
    owner_id = _key()
    owner = CharField(help_text=NAME)
    mandates = ListField(child=ChoiceField(choices=[mandate.value for mandate in Mandate]), help_text="What the owner may do alone.")
    mandate_limits = CharField()
    mandate_until = DateField(allow_null=True, help_text="The last day of the mandate.")
    region_id = _key()
    region = CharField(help_text=NAME)
    skills = ListField(child=CharField())
    languages = ListField(child=CharField())
    runbook_id = _key()
    runbook = CharField(help_text=NAME)
    needs_rca = BooleanField()


class SeverityRuleContent(serializers.Serializer):
    """What one severity changes of the technical track."""

    severity = ChoiceField(choices=SEVERITIES)
    start_level = IntegerField(allow_null=True)
    pace_percent = IntegerField(help_text="50 makes windows, waits and reminders half as long.")


class CriterionContent(serializers.Serializer):
    """One condition."""

    measure = CharField()
    comparison = ChoiceField(choices=[comparison.value for comparison in Comparison])
    value = CharField(help_text="In the measure's unit.")
    window_seconds = IntegerField()
    for_at_least_seconds = IntegerField()


class ThresholdContent(serializers.Serializer):
    """When readings declare an incident."""

    name = CharField()
    combine = ChoiceField(choices=["all", "any"])
    severity = ChoiceField(choices=SEVERITIES)
    start_level = IntegerField()
    criteria = CriterionContent(many=True)
    runbook_id = _key()
    runbook = CharField(help_text=NAME)


class MeasureContent(serializers.Serializer):
    """A measure of the organisation's own that the thresholds use."""

    key = CharField()
    name = CharField()
    unit = CharField()
    highest = CharField(allow_null=True)


class BusinessContent(serializers.Serializer):
    """How much of a business measure means which impact, at least."""

    name = CharField()
    measure = ChoiceField(choices=[measure.value for measure in BusinessMeasure])
    value = CharField()
    currency = CharField(help_text="ISO 4217, for revenue loss only.")
    impact = IntegerField(help_text="1 high to 3 low.")


class CellContent(serializers.Serializer):
    """A field of the priority matrix."""

    impact = IntegerField(help_text="1 high to 3 low.")
    urgency = IntegerField(help_text="1 high to 3 low.")
    priority = IntegerField(help_text="1 critical to 5 planning.")


class ExceptionContent(serializers.Serializer):
    """What starts an incident at a level whatever the thresholds say."""

    name = CharField()
    indicator = ChoiceField(choices=[indicator.value for indicator in Indicator])
    service_id = _key()
    service = CharField(help_text=NAME)
    label = CharField()  # type: ignore[assignment]
    start_level = IntegerField()
    rationale = CharField()
    owner_id = IntegerField()
    owner = CharField(help_text=NAME)
    review_on = DateField()


class MessageContent(serializers.Serializer):
    """A template of a message. Level 0 is every level that has none of its own."""

    track = ChoiceField(choices=[track.value for track in Track])
    level = IntegerField()
    audience = ChoiceField(choices=[audience.value for audience in Audience])
    subject = CharField()
    body = CharField()


class AnnouncementContent(serializers.Serializer):
    """Who speaks to an audience about incidents at least this severe."""

    severity = ChoiceField(choices=SEVERITIES)
    audience = ChoiceField(choices=[audience.value for audience in Audience])
    person_id = _key()
    role_id = _key()
    speaker = CharField(help_text=NAME)
    channels = ListField(child=CharField())
    first_within_seconds = IntegerField(help_text="From the opening.")
    repeat_every_seconds = IntegerField(allow_null=True, help_text="Null: once.")


class ContentOutput(serializers.Serializer):
    """Everything a version says. A version says nothing about what an older one has no field for."""

    resolve_within_seconds = IntegerField(allow_null=True, help_text="Resolution milestone, from opening.")
    silent_after_seconds = IntegerField(
        allow_null=True,
        required=False,
        help_text="Whoever acknowledged and gives no sign of work for so long is alerted again. Left out: never.",
    )
    repeats = IntegerField(help_text="How often the technical track begins again.")
    levels = LevelContent(many=True, help_text="The technical track.")
    severity_rules = SeverityRuleContent(many=True)
    stakeholder_from = ChoiceField(choices=SEVERITIES)
    stakeholder_levels = LevelContent(many=True)
    compliance_levels = LevelContent(many=True)
    thresholds = ThresholdContent(many=True)
    measures = MeasureContent(many=True)
    business = BusinessContent(many=True)
    matrix = CellContent(many=True)
    exceptions = ExceptionContent(many=True)
    messages = MessageContent(many=True)
    announcements = AnnouncementContent(many=True)

    def to_representation(self, instance: object) -> object:  # type: ignore[override]
        """The content as it stands."""
        return instance
