"""Idempotency-Key: the same request sent again gets the same answer and acts once."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response

from portal.foundation.errors import InvalidInput, PortalError
from portal.foundation.one_transaction import whole
from portal.foundation.people.models import User
from portal.foundation.statements import change

from .forgetting import KEPT_FOR
from .models import RememberedRequest
from .written import Written

HEADER, IN_META = "Idempotency-Key", "HTTP_IDEMPOTENCY_KEY"
_BEGIN = """
INSERT INTO portal_rememberedrequest (user_id, key, fingerprint, status, body, created_at) VALUES (%s, %s, %s, 0, '{}', %s)
ON CONFLICT DO NOTHING
"""
_REMEMBER = "UPDATE portal_rememberedrequest SET status = %s, body = %s WHERE user_id = %s AND key = %s"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class KeyUsedDifferently(PortalError):
    """The key belongs to another request."""

    code = "idempotency_key_reused"
    status = 422


def once(request: Request, now: datetime, do: Callable[[], Response]) -> Response:
    """Answers with `do()`, or with what `do()` answered to the same key before. One transaction: what fails leaves nothing.

    1. Without the header: just `do()`.
    2. The key is written first: a concurrent repeat waits for our transaction at the unique constraint, then finds our answer.
    3. Only a success is remembered; when `do` raises, key and changes are gone together and the sender may try again.

    Raises InvalidInput for an unusable key and KeyUsedDifferently when the key came with another request.
    """
    with whole():
        key = request.META.get(IN_META)
        if key is None:
            return do()
        if not _KEY.fullmatch(key):
            raise InvalidInput(f"{HEADER} must be 1 to 255 visible ASCII characters.", {HEADER: ["Use a UUID, for example."]})
        fingerprint, user = _fingerprint(request), cast(User, request.user)
        asked = [user.pk, key, fingerprint, connection.ops.adapt_datetimefield_value(now)]
        if not change(_BEGIN, asked):
            answers = RememberedRequest.objects.filter(user=user, key=key)
            outlived = answers.filter(created_at__lt=now - KEPT_FOR).delete()[0]
            if not outlived or not change(_BEGIN, asked):
                return _replayed(answers.get(), fingerprint)
        response = Written.of(do())
        change(_REMEMBER, [response.status_code, response.words.decode(), user.pk, key])
        return response


def _replayed(remembered: RememberedRequest, fingerprint: str) -> Response:
    if remembered.fingerprint != fingerprint:
        raise KeyUsedDifferently(f"This {HEADER} was used for a different request. Use a new key for new content.")
    response = Response(remembered.body, status=remembered.status)
    response["Idempotency-Replayed"] = "true"
    if isinstance(remembered.body, dict) and remembered.status == 201 and "url" in remembered.body:
        response["Location"] = remembered.body["url"]
    return response


def _fingerprint(request: Request) -> str:
    content: Any = [request.method, request.path, request.data]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
