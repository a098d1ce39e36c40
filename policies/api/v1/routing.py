"""The door to the routing: who would be alerted first, whom next and who not, with every reason."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as InvalidValue
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from policies.decisions.routing import CandidateFacts, Source, Standing, Wanted, route
from policies.models import Region, Team
from policies.oncall.candidates import of_team
from portal.foundation import clock
from portal.foundation.access.checks import require
from portal.foundation.apikit.described import ASKED, Problem
from portal.foundation.apikit.fields import Moment
from portal.foundation.people.wanted import items, validate_languages, validate_words

from .reach import instant_in_query, refuse_unknown

RIGHT = "policies.view_oncallschedule"
MOST_LETTERS = 250
# Schedules are planned in these years.
YEARS = range(1990, 2100)
ASKED_FOR = [
    OpenApiParameter("team", int, description="The primary key of a team; everybody on duty anywhere when left out."),
    OpenApiParameter("skills", str, description="Wanted skills, separated by commas."),
    OpenApiParameter("languages", str, description="Wanted languages as codes, separated by commas."),
    OpenApiParameter("region", str, description="The name of a region."),
    OpenApiParameter("urgent", bool, description="Whoever is known to be reachable comes first."),
    OpenApiParameter("at", OpenApiTypes.DATETIME, description="An instant with its zone; now when left out."),
]


class PersonOutput(serializers.Serializer):
    """Somebody who could be alerted."""

    person_id = serializers.IntegerField()
    name = serializers.CharField()
    because_of = serializers.ChoiceField(choices=[source.value for source in Source], help_text="What makes them a candidate.")
    standing = serializers.ChoiceField(choices=[standing.value for standing in Standing])
    until = Moment(allow_null=True, help_text="When that ends; null when it is not known.")


class PlaceOutput(PersonOutput):
    """A person in the order, and why they stand there."""

    why = serializers.ListField(child=serializers.CharField())


class ExclusionOutput(PersonOutput):
    """A person who would not be alerted, and why not."""

    why = serializers.CharField()


# One answer, at the address of a list.
@extend_schema_serializer(many=False)
class RoutingOutput(serializers.Serializer):
    """Everybody who could be alerted, once: in order, or left out."""

    at = Moment()
    ordered = PlaceOutput(many=True)
    excluded = ExclusionOutput(many=True)


class RoutingDoor(viewsets.ViewSet):
    """Who would be alerted first."""

    @extend_schema(parameters=ASKED_FOR, responses={200: RoutingOutput, 403: Problem, **ASKED})
    def list(self, request: Request) -> Response:
        """Who would be alerted first for what is wanted, whom next, who not, and why; asking changes nothing."""
        asked = request.query_params
        refuse_unknown(asked, {parameter.name for parameter in ASKED_FOR})
        require(request.user, RIGHT, to="see who is on call")
        at = instant_in_query(asked, clock.now())
        if at.year not in YEARS:
            raise ValidationError({"at": ["Send an instant from 1990 to 2099."]})
        team, wanted = _team(asked), _wanted(asked)
        found = route(wanted, of_team(team, at), at)
        said = {
            "at": at,
            "ordered": [_row(place.person, list(place.why)) for place in found.ordered],
            "excluded": [_row(exclusion.person, exclusion.why) for exclusion in found.excluded],
        }
        return Response(RoutingOutput(said).data)


def _row(person: CandidateFacts, why: Any) -> dict[str, Any]:
    told = {name: getattr(person, name) for name in ("person_id", "name", "until")}
    return {**told, "because_of": person.source.value, "standing": person.standing.value, "why": why}


def _wanted(asked: Mapping[str, str]) -> Wanted:
    region = asked.get("region", "")
    if region and region not in Region.objects.values_list("name", flat=True):
        raise ValidationError({"region": [f"There is no region '{region[:40]}'."]})
    urgent = asked.get("urgent", "false")
    if urgent not in ("true", "false"):
        raise ValidationError({"urgent": ["Send true or false."]})
    skills, languages = _listed(asked, "skills", validate_words), _listed(asked, "languages", validate_languages)
    return Wanted(skills, languages, region, urgent == "true")


def _listed(asked: Mapping[str, str], name: str, validate: Any) -> tuple[str, ...]:
    text = asked.get(name, "")
    if len(text) > MOST_LETTERS:
        raise ValidationError({name: [f"Send {MOST_LETTERS} characters at most."]})
    try:
        validate(text)
    except InvalidValue as error:
        raise ValidationError({name: error.messages}) from None
    return items(text)


def _team(asked: Mapping[str, str]) -> Team | None:
    if "team" not in asked:
        return None
    text = asked["team"]
    team = Team.objects.filter(pk=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 16 else None
    if team is None:
        raise ValidationError({"team": [f"There is no team '{text[:40]}'. Send its primary key."]})
    return team
