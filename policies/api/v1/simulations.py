"""The door to simulations: a made-up incident goes in, who would be told when, how and why comes out. Nothing is kept."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from policies.decisions.escalation_facts import Kind, Status
from policies.decisions.vocabulary import Exposure, Severity, Track
from policies.governance.queries import version_in_force
from policies.models import CustomerSegment, EscalationPolicy, PolicyVersion, Service
from policies.simulation.documents import differing, document_of
from policies.simulation.scenario import LARGEST_LOSS, LONGEST_TITLE, MOST_LABELS, TITLE, Scenario
from policies.simulation.script import LONGEST_TEXT, MOST_LINES, NEEDS, Line, line_from
from policies.simulation.simulating import simulate
from portal.foundation import clock
from portal.foundation.access.checks import visible_to
from portal.foundation.apikit.described import PROBLEMS
from portal.foundation.apikit.fields import Moment, StrictSerializer, Text
from portal.foundation.errors import InvalidInput

from .reach import policies_for, versions_for

TRACKS = [(track.value, track.label) for track in Track]
EXAMPLE = {
    "service": "card-payments",
    "policy": 1,
    "version": 3,
    "begins": "2026-03-29T00:30:00Z",
    "severity": "SEV1",
    "script": ["+7min acknowledge ana", "+12min severity SEV1", "+3h resolve"],
}
EXAMPLE_STEP = {
    "number": 2,
    "at": "2026-03-29T00:30:00+00:00",
    "after_seconds": 0,
    "track": "technical",
    "action": "paged",
    "level": 1,
    "position": 1,
    "role": "primary",
    "person_id": 7,
    "person": "Ana Ruiz",
    "text": "Ana Ruiz is alerted, primary of level 1",
    "reason": "On call by the rotation of First line (Payments).",
    "late_seconds": None,
    "deviation": False,
    "receiver": "Ana Ruiz",
    "title": "P1 INC-SIMULATED A made-up incident",
    "ways": [{"channel": "sms", "label": "phone", "receipt_within_seconds": 60, "problem": None}],
}


class SimulationInput(StrictSerializer):
    """A made-up incident, and which version it is run through."""

    service = Text(max_length=120, help_text="The key of the service that is hit.")
    policy = serializers.IntegerField(
        required=False, min_value=1, help_text="Id of a policy; left out: whatever is in force for the service."
    )
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="Number of its version, in whatever state; left out: the one in force when it begins."
    )
    against = serializers.IntegerField(required=False, min_value=1, help_text="Number of another version of the policy, to compare with.")
    begins = Moment(required=False, help_text="When the incident is opened; now when left out.")
    severity = serializers.ChoiceField(choices=list(Severity), required=False, help_text="Left out: readings of the script tell.")
    title = Text(max_length=LONGEST_TITLE, required=False, default=TITLE)
    impact = serializers.IntegerField(required=False, min_value=1, max_value=3, help_text="1 (high) to 3 (low), together with urgency.")
    urgency = serializers.IntegerField(required=False, min_value=1, max_value=3)
    personal_data = serializers.BooleanField(required=False, default=False)
    regulated = serializers.BooleanField(required=False, default=False)
    data_breach = serializers.BooleanField(required=False, default=False)
    labels = serializers.ListField(child=Text(max_length=60), required=False, default=list, max_length=MOST_LABELS)
    segment = Text(max_length=120, required=False, help_text="The name of a customer segment.")
    revenue_loss_per_hour = serializers.DecimalField(
        max_digits=14, decimal_places=2, required=False, min_value=0, max_value=LARGEST_LOSS - 1
    )
    revenue_currency = Text(max_length=3, required=False, default="")
    regulatory_exposure = serializers.ChoiceField(choices=[int(step) for step in Exposure], required=False, default=0)
    script = serializers.ListField(
        child=Text(max_length=2 * LONGEST_TEXT),
        required=False,
        default=list,
        max_length=MOST_LINES,
        help_text=f"What happens then, one line each: {'; '.join(needs.example for needs in NEEDS.values())}.",
    )


class GradeOutput(serializers.Serializer):
    """How the incident is graded when it is opened."""

    severity = serializers.CharField(allow_null=True)
    priority = serializers.IntegerField()
    impact = serializers.IntegerField()
    urgency = serializers.IntegerField()
    start_level = serializers.IntegerField()
    why = serializers.ListField(child=serializers.CharField())


class RunOutput(serializers.Serializer):
    """A track, the version that it follows, and how it stands in the end."""

    track = serializers.ChoiceField(choices=TRACKS)
    version = serializers.CharField()
    status = serializers.ChoiceField(choices=list(Status))
    ended_at = serializers.DateTimeField(allow_null=True)
    why = serializers.CharField()
    answered_by = serializers.CharField(allow_null=True, help_text="Who answers for it in the end, if anybody.")


class WayOutput(serializers.Serializer):
    """A contact point that the message would take, in order; never its address."""

    channel = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    receipt_within_seconds = serializers.IntegerField(allow_null=True, help_text="Then the next way is taken; null: handed over counts.")
    problem = serializers.CharField(allow_null=True, help_text="Why it carries nothing.")


class StepOutput(serializers.Serializer):
    """One thing that would be done or recorded."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    after_seconds = serializers.IntegerField(help_text="Counted from the opening.")
    track = serializers.ChoiceField(choices=TRACKS)
    action = serializers.ChoiceField(choices=list(Kind))
    level = serializers.IntegerField(allow_null=True)
    position = serializers.IntegerField(allow_null=True)
    role = serializers.CharField(allow_null=True)
    person_id = serializers.IntegerField(allow_null=True)
    person = serializers.CharField(allow_null=True)
    text = serializers.CharField(help_text="As the timeline would say it.")
    reason = serializers.CharField()
    late_seconds = serializers.IntegerField(allow_null=True)
    deviation = serializers.BooleanField()
    receiver = serializers.CharField(allow_null=True, help_text="Whom a message goes to.")
    title = serializers.CharField(allow_null=True, help_text="The message's title as it would read.")
    ways = WayOutput(many=True)


class HappeningOutput(serializers.Serializer):
    """Something that happens by the script, and what comes of it."""

    at = serializers.DateTimeField()
    after_seconds = serializers.IntegerField()
    text = serializers.CharField()


class RuleOutput(serializers.Serializer):
    """Which version supplies a part of the rules."""

    part = serializers.CharField()
    version = serializers.CharField()
    why = serializers.CharField()


class CourseOutput(serializers.Serializer):
    """Who would be told when, step by step."""

    scenario = serializers.DictField(help_text="What was asked, as a drill keeps it.")
    service = serializers.CharField()
    version = serializers.DictField(allow_null=True, help_text="Policy, number, state and hash; null: whatever is in force.")
    rules = RuleOutput(many=True)
    grade = GradeOutput()
    tracks = RunOutput(many=True)
    steps = StepOutput(many=True)
    happenings = HappeningOutput(many=True)
    cut = serializers.CharField(allow_null=True, help_text="Why it stops before its end: 500 steps and 30 days are the most.")


class ComparedOutput(CourseOutput):
    """The course; with 'against' also the other version's, and the numbers of the steps that only one of them has."""

    against = CourseOutput(required=False)
    only_here = serializers.ListField(child=serializers.IntegerField(), required=False)
    only_against = serializers.ListField(child=serializers.IntegerField(), required=False)


# What the door calls otherwise than the scenario that a drill keeps.
NAMES = {"loss": "revenue_loss_per_hour", "currency": "revenue_currency", "exposure": "regulatory_exposure"}


class Simulations(viewsets.ViewSet):
    """What a policy version would do."""

    @extend_schema(
        request=SimulationInput,
        responses={200: ComparedOutput, **PROBLEMS},
        examples=[
            OpenApiExample("A critical incident in the night of the clock change", EXAMPLE, request_only=True),
            OpenApiExample(
                "Its first alert",
                {"service": "Card payments", "cut": None, "steps": [EXAMPLE_STEP]},
                response_only=True,
                description="Shortened: the other fields and steps are left out.",
            ),
        ],
    )
    def create(self, request: Request) -> Response:
        """Runs a made-up incident through a policy version: who would be told when, by which ways and why. Nobody is alerted."""
        now, given = clock.now(), SimulationInput(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        begins = said.get("begins") or now.replace(microsecond=0)
        version, against = self._versions(request, said, begins)
        scenario = _scenario(said, _service(request.user, said["service"]), begins)
        try:
            told = document_of(simulate(version, scenario, actor=request.user, now=now))
        except InvalidInput as error:
            raise InvalidInput(error.message, {NAMES.get(name, name): said for name, said in error.fields.items()}) from error
        if against is not None:
            other = document_of(simulate(against, scenario, actor=request.user, now=now))
            before, after = differing(other["steps"], told["steps"])
            told |= {"against": other, "only_here": after, "only_against": before}
        return Response(told)

    def _versions(self, request: Request, said: dict[str, Any], begins: Any) -> tuple[PolicyVersion | None, PolicyVersion | None]:
        if "policy" not in said:
            for name in ("version", "against"):
                if name in said:
                    raise InvalidInput("Say of which policy.", {name: ["Send the policy too."]})
            return None, None
        policy: EscalationPolicy = get_object_or_404(policies_for(request.user, clock.now()), pk=said["policy"])
        versions = versions_for(request.user, policy)
        found = get_object_or_404(versions, number=said["version"]) if "version" in said else version_in_force(policy, begins)
        if found is None:
            raise InvalidInput("No version is in force then.", {"version": [f"{policy} has no version in force at that time. Name one."]})
        against = get_object_or_404(versions, number=said["against"]) if "against" in said else None
        return found, against


def _scenario(said: dict[str, Any], service: Service, begins: Any) -> Scenario:
    segment = None
    if "segment" in said:
        segment = CustomerSegment.objects.filter(name=said["segment"]).values_list("pk", flat=True).first()
        if segment is None:
            raise InvalidInput(
                "There is no such customer segment.", {"segment": [f"There is no customer segment '{said['segment'][:40]}'."]}
            )
    same = ("impact", "urgency", "personal_data", "regulated", "data_breach", "title")
    return Scenario(
        service.pk,
        begins,
        said.get("severity", ""),
        labels=tuple(said["labels"]),
        segment=segment,
        loss=said.get("revenue_loss_per_hour"),
        currency=said["revenue_currency"],
        exposure=said["regulatory_exposure"],
        script=_lines(said["script"]),
        **{name: said[name] for name in same if name in said},
    )


def _lines(texts: list[str]) -> tuple[Line, ...]:
    lines, problems = [], {}
    for number, text in enumerate(texts):
        try:
            lines.append(line_from(text))
        except ValueError as error:
            problems[f"script.{number}"] = [str(error)]
    if problems:
        raise InvalidInput("The script cannot be read.", problems)
    return tuple(lines)


def _service(caller: Any, key: str) -> Service:
    found = visible_to(caller, Service.objects.all(), "policies.view_service").filter(key=key).first()
    if found is None:
        raise InvalidInput("There is no such service.", {"service": [f"There is no service '{key[:40]}'. Send its key."]})
    return found
