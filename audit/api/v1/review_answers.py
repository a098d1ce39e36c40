"""What the doors of log reviews take and give."""

from datetime import date
from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.models import ReviewFinding, ReviewItem, ReviewPeriod
from audit.reviews import closing
from audit.reviews.findings import LONGEST_EVIDENCE, LONGEST_TITLE
from audit.reviews.judging import MOST_MARKS, Judgement
from audit.reviews.models import LONGEST_NOTE
from audit.reviews.states import FindingState, Mark, PeriodState
from portal.foundation.apikit.fields import Moment, StrictSerializer, Text
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import User

from .events import EventOutput

LARGEST_KEY = 2**63 - 1
NOT_JUDGED = "not_judged"
# As the API says them: an empty text is easily left out by mistake.
MARKS = [NOT_JUDGED, *(mark.value for mark in Mark if mark)]
STATES = [state.value for state in PeriodState if state is not PeriodState.DRAWING]
FINDING_STATES = [state.value for state in FindingState]


class ReviewOutput(serializers.Serializer):
    """One review: a stretch of the trail by one plan."""

    id = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    plan = serializers.IntegerField(source="plan_id")
    name = serializers.CharField(source="__str__")
    state = serializers.ChoiceField(choices=STATES)
    since = Moment()
    until = Moment(help_text="The first instant after it.")
    opened_at = Moment()
    due_at = Moment(help_text="Until then it is to be signed.")
    entries = serializers.IntegerField(help_text="So many were found.")
    drawn = serializers.IntegerField(help_text="So many of them are looked at.")
    closed_at = Moment(allow_null=True)
    conclusion = serializers.CharField()

    def get_url(self, period: ReviewPeriod) -> str:
        return reverse("log-review-detail", args=[period.pk])


class ReviewSignatureOutput(serializers.Serializer):
    """Who signed, and what that froze."""

    by = serializers.CharField(source="by_name")
    at = Moment()
    words = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the manifest.")
    checkpoint_size = serializers.IntegerField()
    checkpoint_root = serializers.CharField()


class ReviewCountsOutput(serializers.Serializer):
    """How far a review is."""

    not_judged = serializers.IntegerField()
    reviewed = serializers.IntegerField()
    follow_up = serializers.IntegerField()
    false_alarm = serializers.IntegerField()


class ReviewDetailOutput(ReviewOutput):
    """One review with how far it is, what stands in the way, and its signature."""

    marks = ReviewCountsOutput()
    may_judge = serializers.BooleanField(help_text="Whether the caller may judge entries of it now.")
    blocked = serializers.CharField(help_text="What stands in the way of the next step, in words; empty when nothing does.")
    filters = serializers.CharField(source="view_version.filters")
    rule = serializers.JSONField()
    seed = serializers.CharField()
    ledger_size = serializers.IntegerField(source="size")
    ledger_root = serializers.CharField(source="root")
    population_sha256 = serializers.CharField(source="digest")
    signature = ReviewSignatureOutput(allow_null=True)


class ReviewEntryOutput(serializers.Serializer):
    """One entry of a review, and what was said of it."""

    entry = serializers.IntegerField(source="item.pk", help_text="Its key in this review; send it with a mark.")
    place = serializers.IntegerField(source="item.place", help_text="Its index in the ledger.")
    recorded_at = Moment(source="item.recorded_at")
    mark = serializers.SerializerMethodField(help_text=f"One of {', '.join(MARKS)}.")
    note = serializers.CharField(source="item.note")
    judged_by = serializers.SerializerMethodField()
    judged_at = Moment(source="item.judged_at", allow_null=True)
    finding = serializers.IntegerField(source="item.finding_id", allow_null=True)
    refusal = serializers.CharField(help_text="Why the caller may not judge it; empty when they may.")
    unusual = serializers.ListField(child=serializers.CharField(), help_text="What is unusual about it, in words.")
    event = serializers.SerializerMethodField(help_text="As the trail has it; null where it was removed with leave since.")

    def get_mark(self, shown: dict[str, Any]) -> str:
        return shown["mark"] or NOT_JUDGED

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_judged_by(self, shown: dict[str, Any]) -> str | None:
        item: ReviewItem = shown["item"]
        return item.judged_by.username if item.judged_by is not None else None

    @extend_schema_field(EventOutput(allow_null=True))
    def get_event(self, shown: dict[str, Any]) -> Any:
        return EventOutput(shown["line"]).data if shown["line"] is not None else None


class ReviewFindingOutput(serializers.Serializer):
    """What a review found and somebody has to see to by a day."""

    id = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    review = serializers.IntegerField(source="period_id")
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=FINDING_STATES)
    owner = serializers.CharField(source="owner.username")
    due_on = serializers.DateField()
    evidence = serializers.CharField()
    resolution = serializers.CharField()
    settled_at = Moment(allow_null=True)

    def get_url(self, finding: ReviewFinding) -> str:
        return reverse("log-review-finding-detail", args=[finding.pk])


class TakenOutput(serializers.Serializer):
    """Entries to judge, which nobody else is offered for twenty minutes."""

    entries = ReviewEntryOutput(many=True)
    marks = ReviewCountsOutput()


class RefusedMarkOutput(serializers.Serializer):
    """A mark that was not saved."""

    entry = serializers.IntegerField()
    why = serializers.CharField()


class JudgedOutput(serializers.Serializer):
    """What became of a batch of marks."""

    saved = serializers.ListField(child=serializers.IntegerField())
    refused = RefusedMarkOutput(many=True)
    marks = ReviewCountsOutput()


class ReviewCheckOutput(serializers.Serializer):
    """Whether what was signed is still the same."""

    is_the_same = serializers.BooleanField()
    wrong = serializers.ListField(child=serializers.CharField())
    removed = serializers.IntegerField(help_text="So many of its entries were removed with leave since.")


class TakeInput(StrictSerializer):
    """How many entries to take."""

    how_many = serializers.IntegerField(required=False, default=25, min_value=1, max_value=MOST_MARKS)


class MarkInput(StrictSerializer):
    """What somebody says of an entry."""

    entry = serializers.IntegerField(min_value=1, max_value=LARGEST_KEY)
    mark = serializers.ChoiceField(choices=MARKS, help_text=f"{NOT_JUDGED} takes back one's own.")
    note = Text(required=False, allow_blank=True, default="", max_length=LONGEST_NOTE, help_text="Needed where it is to be followed up.")


class MarksInput(StrictSerializer):
    """A batch of marks: what of it can be saved is."""

    marks = serializers.ListField(child=MarkInput(), allow_empty=False, max_length=MOST_MARKS)

    @staticmethod
    def judgements(data: dict[str, Any]) -> list[Judgement]:
        return [Judgement(one["entry"], "" if one["mark"] == NOT_JUDGED else one["mark"], one["note"]) for one in data["marks"]]


class ReviewWordsInput(StrictSerializer):
    """Words that stay on record."""

    reason = Text(max_length=closing.LONGEST_WORDS)


class FindingInput(StrictSerializer):
    """A finding made of entries that were marked for follow-up."""

    entries = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_KEY), allow_empty=False, max_length=MOST_MARKS
    )
    title = Text(max_length=LONGEST_TITLE)
    owner = Text(max_length=150, help_text="A user name.")
    due_on = serializers.DateField()
    evidence = Text(required=False, allow_blank=True, default="", max_length=LONGEST_EVIDENCE)


class FindingChange(StrictSerializer):
    """Another owner, another day, other evidence. What is left out stays as it is."""

    owner = Text(required=False, max_length=150, help_text="A user name.")
    due_on = serializers.DateField(required=False)
    evidence = Text(required=False, allow_blank=True, max_length=LONGEST_EVIDENCE)
    reason = Text(max_length=closing.LONGEST_WORDS)

    @staticmethod
    def changed(data: dict[str, Any], finding: ReviewFinding) -> dict[str, Any]:
        """What the finding is to say. Raises InvalidInput for somebody who is not there."""
        owner = person_called(data["owner"]) if "owner" in data else finding.owner
        due_on: date = data.get("due_on", finding.due_on)
        return {"owner": owner, "due_on": due_on, "evidence": data.get("evidence", finding.evidence)}


class SettleInput(ReviewWordsInput):
    """What was done about it, and what shows it."""

    evidence = Text(required=False, allow_blank=True, default="", max_length=LONGEST_EVIDENCE)


def person_called(username: str) -> User:
    """Raises InvalidInput for somebody who is not there."""
    found = User.objects.filter(username=username, is_active=True, origin=User.Origin.PORTAL).first()
    if found is None:
        problem = f"Nobody here has the user name '{username[:60]}'."
        raise InvalidInput(problem, {"owner": [problem]})
    return found


FILE = {(200, "application/jsonl"): OpenApiTypes.BINARY}
