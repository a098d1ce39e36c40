"""The door of the channels' rules: read only, decisions are made on the page."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.foundation.access.checks import require
from portal.foundation.apikit.described import PROBLEMS
from portal.foundation.channel_rules import VIEW, ChannelState, channels_now


class ChannelOutput(serializers.Serializer):
    """How one channel is used. Times in seconds; the limit is null where a person gets any number of messages."""

    channel = serializers.CharField()
    name = serializers.CharField()
    set_up = serializers.BooleanField()
    cleared = serializers.BooleanField(help_text="Whether messages carry details of confidential incidents.")
    receipt_within = serializers.IntegerField(help_text="After this long without a receipt the next contact point is tried.")
    most = serializers.IntegerField(allow_null=True, help_text="Messages to one person.")
    within = serializers.IntegerField(allow_null=True, help_text="The time in which they are counted.")


class ChannelsView(APIView):
    """Channels."""

    @extend_schema(operation_id="channels_list", responses={200: ChannelOutput(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        """Every channel there is, and how it is used."""
        require(request.user, VIEW, to="see how channels are used")
        return Response([_told(state) for state in channels_now()])


def _told(state: ChannelState) -> dict[str, Any]:
    limit = state.use.limit
    return {
        "channel": state.rule.channel,
        "name": str(state.rule),
        "set_up": not state.missing,
        "cleared": state.use.cleared,
        "receipt_within": int(state.use.receipt_within.total_seconds()),
        "most": limit.most if limit else None,
        "within": int(limit.within.total_seconds()) if limit else None,
    }


urlpatterns = [path("channels/", ChannelsView.as_view(), name="channels")]
