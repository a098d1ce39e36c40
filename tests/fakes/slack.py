"""Slack as it documents itself: a bot's messages with buttons are checked, and presses are told with valid signatures."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from slack_sdk.signature import SignatureVerifier

SECRET, MEMBER = "8f742231b10e8888abcd99yyyzzz85a5", "U012AB3CD"
CONTRACTS = Path(__file__).parents[1] / "contracts" / "slack"
DOOR = "/hooks/slack/"


def documented_press(**changed: Any) -> dict[str, Any]:
    """A 'block_actions' payload as tests/contracts/slack has it, some of it changed."""
    payload: dict[str, Any] = json.loads((CONTRACTS / "block_actions.json").read_text())
    return {**payload, **changed}


def press(payload: Any, at: datetime, *, secret: str = SECRET, age: int = 0, body: str | None = None) -> Any:
    """Tells the portal of a press, signed `age` seconds before `at`."""
    sent = urlencode({"payload": json.dumps(payload)}) if body is None else body
    made_at = str(int(at.timestamp()) - age)
    signature = SignatureVerifier(secret).generate_signature(timestamp=made_at, body=sent) or ""
    return raw_press(sent, {"X-Slack-Request-Timestamp": made_at, "X-Slack-Signature": signature})


def raw_press(body: str | bytes, headers: Mapping[str, str]) -> Any:
    """A call whose body and headers are sent as they stand."""
    client = Client(enforce_csrf_checks=True)
    return client.generic("POST", DOOR, body, content_type="application/x-www-form-urlencoded", headers=dict(headers))


def problems_with_message(document: dict[str, Any]) -> list[str]:
    """What Slack would refuse about a chat.postMessage: texts, blocks and buttons beyond their limits."""
    problems = [] if document.get("channel") and document.get("text") else ["no channel or no text"]
    for block in document.get("blocks", []):
        if block["type"] == "section" and not 0 < len(block["text"]["text"]) <= 3_000:
            problems.append("section text")
        for button in block.get("elements", []):
            too_long = len(button["text"]["text"]) > 75 or len(button.get("value", "")) > 2_000 or len(button.get("url", "")) > 3_000
            if too_long or button["text"]["type"] != "plain_text" or len(button["action_id"]) > 255:
                problems.append("button")
    return problems
