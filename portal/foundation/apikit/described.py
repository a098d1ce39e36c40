"""What the API's description says at every door: the problems that may come back, and the header that makes a repeat harmless."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from . import repeats


class ProblemItem(serializers.Serializer):
    """What is wrong with one field."""

    field = serializers.CharField()
    problem = serializers.CharField()


class Problem(serializers.Serializer):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField()
    errors = ProblemItem(many=True, required=False)  # type: ignore[assignment]


REPEATABLE = OpenApiParameter(
    repeats.HEADER, str, OpenApiParameter.HEADER, description="Makes a repeat harmless: the same key gets the same answer for a day."
)
# Wherever a token may be sent it may be no good, not for this, or one of too many.
_OF_TOKENS = dict.fromkeys((401, 403, 429), Problem)
PROBLEMS = dict.fromkeys((400, 401, 403, 404, 409, 413, 415, 422, 429), Problem)
LISTED = {400: Problem, **_OF_TOKENS}
FOUND = {**_OF_TOKENS, 404: Problem}
ASKED = {400: Problem, **_OF_TOKENS, 404: Problem}
