"""Orders to an incident's escalation through the API: each parses, calls one service, answers with the incident."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.escalation import orders
from incidents.lifecycle import checks
from policies.decisions.vocabulary import Track
from portal.foundation import clock
from portal.foundation.apikit.described import PROBLEMS, REPEATABLE
from portal.foundation.apikit.fields import Moment, StrictSerializer, Text

from .serializers import IncidentStoryOutput

TRACK = OpenApiParameter("track", str, OpenApiParameter.PATH, enum=[track.value for track in Track])
HIGHEST = 1_000


class MaybeWords(StrictSerializer):
    """Words are welcome, not needed."""

    reason = Text(required=False, allow_blank=True, default="", max_length=checks.LONGEST_REASON)


class Words(StrictSerializer):
    """Why. It stays on record."""

    reason = Text(max_length=checks.LONGEST_REASON, help_text="Why. It stays on record.")


class HoldInput(Words):
    """Until when nobody is alerted, and why."""

    until = Moment(help_text="When the alerting goes on by itself, eight hours from now at most.")


class BypassInput(Words):
    """Straight to which level, and why those before it are left out."""

    level = serializers.IntegerField(min_value=1, max_value=HIGHEST, help_text="The number of the level to alert now.")


def _order(form: type[StrictSerializer], path: str) -> Callable[[Callable[..., Response]], Any]:
    """The address of an order, and how it is described."""

    def door(view: Callable[..., Response]) -> Any:
        described = extend_schema(request=form, parameters=[TRACK, REPEATABLE], responses={200: IncidentStoryOutput, **PROBLEMS})
        ordered = action(detail=True, methods=["post"], url_path=rf"tracks/(?P<track>[a-z_]{{1,40}})/{path}")(view)
        # Last, as the address forgets what was described before it.
        return described(ordered)

    return door


class Orders:
    """What can be ordered of a track: up, down, past levels, on hold and on again, and whose it is."""

    _verb: Callable[..., Response]

    @_order(MaybeWords, "escalate")
    def escalate(self, request: Request, number: str, track: str) -> Response:
        """Alerts the level above now. Whoever has it keeps it until somebody there acknowledges."""
        return self._give(orders.raise_level, MaybeWords, request, number, track)

    @_order(Words, "de-escalate")
    def de_escalate(self, request: Request, number: str, track: str) -> Response:
        """Alerts the level below now. The legal and compliance track refuses it."""
        return self._give(orders.lower_level, Words, request, number, track)

    @_order(BypassInput, "bypass")
    def bypass(self, request: Request, number: str, track: str) -> Response:
        """Alerts the named level now and leaves out those before it; recorded as a deviation from the policy."""
        return self._give(orders.bypass, BypassInput, request, number, track)

    @_order(HoldInput, "hold")
    def hold(self, request: Request, number: str, track: str) -> Response:
        """Alerts nobody until then. The resolution milestone goes on. The legal and compliance track refuses it."""
        return self._give(orders.hold, HoldInput, request, number, track)

    @_order(MaybeWords, "resume")
    def resume(self, request: Request, number: str, track: str) -> Response:
        """Ends a hold now; windows and waits move by the time that it lasted."""
        return self._give(orders.resume, MaybeWords, request, number, track)

    @_order(Words, "take-over")
    def take_over(self, request: Request, number: str, track: str) -> Response:
        """Makes the caller responsible instead of whoever has the track."""
        return self._give(orders.take_over, Words, request, number, track)

    def _give(self, do: Callable[..., Any], form: type[StrictSerializer], request: Request, number: str, track: str) -> Response:
        now, given = clock.now(), form(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        return self._verb(request, number, lambda incident: do(incident, track=track, actor=request.user, now=now, **said))
