"""What the doors of quarterly reviews take and give."""

from datetime import date
from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.evidence.runs import State
from policies.models import BusinessUnit
from portal.foundation.apikit.fields import StrictSerializer, Text
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import User
from reports.models import QuarterlyAction, QuarterlyReview, ReviewRun
from reports.quarterly.judging import MOST_INCIDENTS
from reports.quarterly.people_only import LINE, TEXT
from reports.quarterly.queries import agreed_in
from reports.quarterly.signing import of_round
from reports.quarterly.states import ActionState, DecisionState, FindingState, ReviewState

LARGEST_KEY = 2**63 - 1
STATES = [state.value for state in ReviewState]
ACTION_STATES = [state.value for state in ActionState]


class QuarterlyReviewOutput(serializers.Serializer):
    """A quarterly review. `unit` is null for the whole organisation."""

    id = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    quarter = serializers.CharField()
    unit = serializers.SerializerMethodField()
    parts = serializers.ListField(child=serializers.CharField())
    number = serializers.IntegerField(help_text="1 is the first; a restatement has the next.")
    restates = serializers.IntegerField(source="restates_id", allow_null=True)
    reason = serializers.CharField(help_text="Why it was stated anew; empty for the first.")
    state = serializers.CharField(help_text=f"One of {', '.join(STATES)}.")
    due_at = serializers.DateTimeField()
    known_until = serializers.DateTimeField(help_text="The data cut-off of its figures.")
    figures_sha256 = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the manifest that is signed; empty before that.")
    signed_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, review: QuarterlyReview) -> str:
        return reverse("quarterly-review-detail", args=[review.pk])

    @extend_schema_field({"type": "string", "nullable": True})
    def get_unit(self, review: QuarterlyReview) -> str | None:
        return review.unit_name or None


class QuarterlyFindingOutput(serializers.Serializer):
    """What was found, and how it was judged."""

    id = serializers.IntegerField()
    rank = serializers.IntegerField()
    headline = serializers.CharField()
    sentence = serializers.CharField()
    proposed_headline = serializers.CharField(help_text="In the portal's words; empty for a finding of a person.")
    proposed_sentence = serializers.CharField()
    effect = serializers.CharField()
    confidence = serializers.CharField()
    incidents = serializers.ListField(child=serializers.CharField())
    state = serializers.CharField(help_text=f"One of {', '.join(FindingState)}.")
    reason = serializers.CharField()


class QuarterlyDecisionOutput(serializers.Serializer):
    """What was to be decided, and what was."""

    id = serializers.IntegerField()
    question = serializers.CharField()
    finding = serializers.IntegerField(source="finding_id", allow_null=True)
    state = serializers.CharField(help_text=f"One of {', '.join(DecisionState)}.")
    outcome = serializers.CharField()


class QuarterlyActionOutput(serializers.Serializer):
    """What somebody does until a day."""

    id = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    review = serializers.IntegerField(source="review_id")
    title = serializers.CharField()
    owner = serializers.CharField(source="owner.username")
    due_on = serializers.DateField()
    state = serializers.CharField(help_text=f"One of {', '.join(ActionState)}.")
    outcome = serializers.CharField()
    feedback = serializers.IntegerField(source="feedback_id", allow_null=True, help_text="What it was agreed because of.")

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, action: QuarterlyAction) -> str:
        return reverse("quarterly-action-detail", args=[action.pk])


class QuarterlySignatureOutput(serializers.Serializer):
    """A signature in its place; `at` is null as long as it waits."""

    position = serializers.IntegerField()
    title = serializers.CharField()
    by = serializers.CharField(source="by.username", allow_null=True, default=None)
    at = serializers.DateTimeField(allow_null=True)


class QuarterlyReviewDetailOutput(QuarterlyReviewOutput):
    """One in full."""

    summary = serializers.CharField()
    agenda = serializers.SerializerMethodField()
    findings = QuarterlyFindingOutput(many=True)
    decisions = QuarterlyDecisionOutput(many=True)
    actions = serializers.SerializerMethodField()
    signatures = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_agenda(self, review: QuarterlyReview) -> list[str]:
        return review.agenda.splitlines()

    @extend_schema_field(QuarterlyActionOutput(many=True))
    def get_actions(self, review: QuarterlyReview) -> Any:
        return QuarterlyActionOutput(agreed_in(review), many=True).data

    @extend_schema_field(QuarterlySignatureOutput(many=True))
    def get_signatures(self, review: QuarterlyReview) -> Any:
        return QuarterlySignatureOutput(of_round(review) if review.sha256 else [], many=True).data


class QuarterlyRunOutput(serializers.Serializer):
    """A review of many incidents that a worker opens. `review` is null as long as it is not there."""

    id = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    quarter = serializers.CharField()
    unit = serializers.CharField(source="unit.name", allow_null=True, default=None)
    restates = serializers.IntegerField(source="restates_id", allow_null=True)
    state = serializers.ChoiceField(choices=State.values)
    step = serializers.CharField(help_text="What the worker is at.")
    problem = serializers.CharField(source="failure", help_text="Why it was not opened; empty when it was, or may be yet.")
    review = serializers.IntegerField(source="review_id", allow_null=True)

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, run: ReviewRun) -> str:
        return reverse("quarterly-run-detail", args=[run.pk])


class QuarterlyCheckOutput(serializers.Serializer):
    """Whether what was put up for signature is still the same."""

    is_the_same = serializers.BooleanField()
    wrong = serializers.ListField(child=serializers.CharField())


def _key(of: str) -> serializers.IntegerField:
    return serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=LARGEST_KEY, help_text=of)


def _words(help_text: str = "") -> Text:
    return Text(required=False, allow_blank=True, default="", max_length=TEXT, help_text=help_text)


class QuarterlyWordsInput(StrictSerializer):
    """Words that stay on record."""

    reason = Text(max_length=TEXT)


class OpenQuarterlyInput(StrictSerializer):
    """Which quarter, of what, and why it is opened by hand."""

    quarter = Text(max_length=LINE, help_text="E.g. 2016Q1.")
    unit = Text(required=False, allow_null=True, default=None, max_length=200, help_text="A unit's name; null for the whole organisation.")
    reason = Text(max_length=TEXT)


class WriteQuarterlyInput(StrictSerializer):
    """What the quarter showed, and what the meeting goes through. What is left out stays."""

    summary = Text(required=False, allow_blank=True, max_length=TEXT)
    agenda = serializers.ListField(child=Text(max_length=TEXT, allow_blank=True), required=False, max_length=100)
    reason = _words()


class AddFindingInput(StrictSerializer):
    """A finding of one's own, with its evidence."""

    headline = Text(max_length=LINE)
    sentence = _words()
    incidents = serializers.ListField(
        child=Text(max_length=60), required=False, default=list, max_length=MOST_INCIDENTS, help_text="Numbers of incidents."
    )
    reason = _words()


class AcceptFindingInput(StrictSerializer):
    """Other words for it, where the proposed ones do not do."""

    headline = Text(required=False, allow_blank=True, default="", max_length=LINE)
    sentence = _words()
    reason = _words()


class AskDecisionInput(StrictSerializer):
    """A question for the meeting."""

    question = Text(max_length=LINE)
    finding = _key("An accepted finding of this review that it is about.")
    reason = _words()


class AskAgainInput(StrictSerializer):
    """Why a dropped question is put again."""

    reason = _words()


class AgreeActionInput(StrictSerializer):
    """What somebody does until a day."""

    title = Text(max_length=LINE)
    owner = Text(max_length=150, help_text="A user name.")
    due_on = serializers.DateField()
    finding = _key("An accepted finding of this review.")
    decision = _key("A decision of this review that is not dropped.")
    feedback = _key("Feedback on a service of this review, which waits no longer then.")
    reason = _words()


class ChangeQuarterlyActionInput(StrictSerializer):
    """Another owner or another day; what is left out stays."""

    owner = Text(required=False, max_length=150, help_text="A user name.")
    due_on = serializers.DateField(required=False)
    reason = Text(max_length=TEXT)

    @staticmethod
    def changed(data: dict[str, Any], action: QuarterlyAction) -> dict[str, Any]:
        owner: User = person_called(data["owner"]) if "owner" in data else action.owner
        due_on: date = data.get("due_on", action.due_on)
        return {"owner": owner, "due_on": due_on, "reason": data["reason"]}


def person_called(username: str) -> User:
    """Raises InvalidInput for somebody who is not there."""
    found = User.objects.filter(username=username, is_active=True, origin=User.Origin.PORTAL).first()
    if found is None:
        problem = f"Nobody here has the user name '{username[:60]}'."
        raise InvalidInput(problem, {"owner": [problem]})
    return found


def unit_called(name: str | None) -> BusinessUnit | None:
    """Raises InvalidInput for one that is not there."""
    if name is None:
        return None
    found = BusinessUnit.objects.filter(name=name).first()
    if found is None:
        problem = f"There is no business unit '{name[:60]}'. Send null for the whole organisation."
        raise InvalidInput(problem, {"unit": [problem]})
    return found


def one_of(rows: Any, key: int | None, field: str) -> Any:
    """The row of a review with this key, None for none. Raises InvalidInput for one that is not there."""
    if key is None:
        return None
    found = rows.filter(pk=key).first()
    if found is None:
        problem = f"This review has no {field} {key}."
        raise InvalidInput(problem, {field: [problem]})
    return found
