"""The door of Slack: somebody pressed a button in a message of the portal's bot."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.foundation import clock
from portal.foundation.answers import buttons
from portal.foundation.answers.signatures import slack_signature_fits
from portal.foundation.channels.slack import ACKNOWLEDGE
from portal.foundation.errors import InvalidInput

from .doors import NotSetUp, door, fields, once, refuse_forged


@door
def interactivity(request: HttpRequest, body: bytes) -> HttpResponse:
    """Answers at once, as Slack demands; what came of it is told by a worker at the address that the call names.

    Everything but a press on 'Acknowledge' is taken note of and has no effect: Slack also tells of buttons that only open an address.
    """
    if not settings.SLACK_SIGNING_SECRET:
        raise NotSetUp("Slack's buttons are not set up on this installation.")
    now = clock.now()
    made_at, signature = request.headers.get("X-Slack-Request-Timestamp", ""), request.headers.get("X-Slack-Signature", "")
    refuse_forged(slack_signature_fits(body, made_at, signature, settings.SLACK_SIGNING_SECRET, now))
    payload = _payload(once(fields(body), "payload"))
    actions = payload.get("actions")
    action = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}
    if payload.get("type") == "block_actions" and action.get("action_id") == ACKNOWLEDGE:
        message, user = payload.get("message"), payload.get("user")
        buttons.take_press(
            token=_text(action.get("value")),
            member=_text(user.get("id")) if isinstance(user, dict) else "",
            pressed=_text(action.get("action_ts")),
            said=_text(message.get("text")) if isinstance(message, dict) else "",
            respond_at=_text(payload.get("response_url")),
            now=now,
        )
    return HttpResponse(headers={"Cache-Control": "no-store"})


def _payload(text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise InvalidInput("The payload is not a JSON object.")
    return payload


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
