"""What the doors of plans of log reviews take and give."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group
from django.urls import reverse
from rest_framework import serializers

from audit.models import ReviewPlan, SavedView
from audit.reviews import closing
from audit.reviews.models import MOST_AT_RANDOM
from audit.reviews.periods import Rhythm
from audit.reviews.sampling import Selection
from portal.foundation.apikit.fields import StrictSerializer, Text
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import User

from .review_answers import LARGEST_KEY

RHYTHMS = [each.value for each in Rhythm]
SELECTIONS = [each.value for each in Selection]
# A plan names a handful; whoever means everybody names nobody.
MOST_NAMED = 200
MOST_TYPES = 100


class ReviewViewOutput(serializers.Serializer):
    """A shared view of the trail, which a plan can be made for."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    owner = serializers.CharField(source="owner.username")
    version = serializers.IntegerField(help_text="The newest; a review keeps the one that it was opened with.")


class ReviewPlanOutput(serializers.Serializer):
    """What is reviewed how often, by whom and how much of it."""

    id = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=ReviewPlan.State.choices)
    view = serializers.IntegerField(source="view_id")
    view_name = serializers.CharField(source="view.name")
    rhythm = serializers.ChoiceField(choices=RHYTHMS)
    time_zone = serializers.CharField()
    first_day = serializers.DateField()
    due_within = serializers.IntegerField(help_text="Days from the end of what is looked at to the signature.")
    selection = serializers.ChoiceField(choices=SELECTIONS)
    number = serializers.IntegerField()
    always = serializers.ListField(child=serializers.CharField())
    how_much = serializers.CharField(source="rule.in_words", help_text="The three before in words.")
    rationale = serializers.CharField()
    reviewers = serializers.SerializerMethodField(
        help_text="User names of those whom the plan names. Nobody and no group: whoever may review."
    )
    group = serializers.CharField(source="group.name", default=None, allow_null=True, help_text="Its members review, too.")
    second_signature = serializers.BooleanField(help_text="Whoever signs must have judged none of the entries.")
    owner = serializers.CharField(source="owner.username")
    tell = serializers.SerializerMethodField(help_text="User names of those who are told beside the owner when a review is overdue.")

    def get_url(self, plan: ReviewPlan) -> str:
        return reverse("log-review-plan-detail", args=[plan.pk])

    def get_reviewers(self, plan: ReviewPlan) -> list[str]:
        return sorted(person.username for person in plan.reviewers.all())

    def get_tell(self, plan: ReviewPlan) -> list[str]:
        return sorted(person.username for person in plan.tell.all())


def _texts(longest: int, most: int, words: str) -> serializers.ListField:
    return serializers.ListField(child=Text(max_length=longest), required=False, max_length=most, help_text=words)


class ReviewPlanChange(StrictSerializer):
    """What is to be another in a plan. What is left out stays as it is."""

    name = Text(required=False, max_length=100)
    view = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_KEY, help_text="One of `views/`, by its id.")
    rhythm = serializers.ChoiceField(required=False, choices=RHYTHMS, help_text="Made anew: daily.")
    time_zone = Text(required=False, max_length=64, help_text="Days begin at midnight here, such as Europe/Madrid. Made anew: UTC.")
    first_day = serializers.DateField(required=False, help_text="The first day that is looked at.")
    due_within = serializers.IntegerField(
        required=False, min_value=1, max_value=90, help_text="Days from the end of what is looked at to the signature. Made anew: 1."
    )
    selection = serializers.ChoiceField(required=False, choices=SELECTIONS, help_text="Made anew: all.")
    number = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_AT_RANDOM, help_text="The n of 'every', or how many at random; 0 with 'all'."
    )
    always = _texts(255, MOST_TYPES, "Types of events that a sample always includes, in full.")
    rationale = Text(
        required=False, allow_blank=True, max_length=10_000, help_text="Why a sample is enough; asked of every plan that samples."
    )
    reviewers = _texts(150, MOST_NAMED, "User names. Nobody and no group: whoever may review.")
    group = Text(required=False, allow_null=True, max_length=150, help_text="A role by its name: its members review, too.")
    second_signature = serializers.BooleanField(
        required=False, help_text="Whoever signs must have judged none of the entries. Made anew: true."
    )
    owner = Text(required=False, max_length=150, help_text="A user name; is told when a review is overdue. Made anew: the caller.")
    tell = _texts(150, MOST_NAMED, "User names; told beside the owner.")
    reason = Text(max_length=closing.LONGEST_WORDS)


class ReviewPlanInput(ReviewPlanChange):
    """A plan that is made anew."""

    name = Text(max_length=100)
    view = serializers.IntegerField(min_value=1, max_value=LARGEST_KEY, help_text="One of `views/`, by its id.")
    first_day = serializers.DateField(help_text="The first day that is looked at.")


def wanted(data: dict[str, Any]) -> dict[str, Any]:
    """What a plan is to be, keys and names read into rows. Raises InvalidInput with everything that is not there."""
    found = {name: value for name, value in data.items() if name != "reason"}
    problems: dict[str, list[str]] = {}
    if "view" in found:
        found["view"] = SavedView.objects.filter(pk=data["view"], is_shared=True, retired_at=None).first()
        if found["view"] is None:
            problems["view"] = [f"There is no shared view {data['view']}. Choose one of views/."]
    if found.get("group") is not None:
        found["group"] = Group.objects.filter(name=data["group"]).first()
        if found["group"] is None:
            problems["group"] = [f"There is no role called '{data['group'][:60]}'."]
    named = {name: [data[name]] if name == "owner" else data[name] for name in ("owner", "reviewers", "tell") if name in data}
    people = _people({each for names in named.values() for each in names})
    for name, names in named.items():
        missing = sorted({each for each in names if each not in people})
        problems |= {name: [f"Nobody here has the user name '{each[:60]}'." for each in missing[:20]]} if missing else {}
        found[name] = [people[each] for each in names if each in people]
    if problems:
        raise InvalidInput("The plan is not kept.", problems)
    return found | ({"owner": found["owner"][0]} if "owner" in found else {})


def _people(names: Collection[str]) -> dict[str, User]:
    """Those of these user names, by them, who are here. One query."""
    here = User.objects.filter(username__in=names, is_active=True, origin=User.Origin.PORTAL)
    return {person.username: person for person in here} if names else {}
