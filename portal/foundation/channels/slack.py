"""Slack: a bot writes to a member, or an incoming webhook to wherever it was made for."""

import json
from typing import Any

from django.conf import settings

from portal.foundation.errors import DeliveryFailed
from portal.foundation.outbound_http import Reply, post
from portal.foundation.people.addresses import is_slack_member, problem_with

from .base import Handed, Message

NO_BOT = "Slack's bot is not set up on this installation: an operator must set SLACK_BOT_TOKEN, or you give an incoming webhook's URL."
# Slack cuts messages of over 4,000 letters, and takes no block of over 3,000.
LONGEST = 2_900
# What Slack says was pressed; its value is the token of the message's link.
ACKNOWLEDGE = "acknowledge"
# Slack's own words for what another try may mend; everything else it names stays as it is.
PASSING = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
REFUSALS = {
    "channel_not_found": "it knows no such member",
    "user_not_found": "it knows no such member",
    "account_inactive": "the bot's account is not active",
    "invalid_auth": "it does not accept the portal's bot; an operator must look at SLACK_BOT_TOKEN",
    "not_authed": "it does not accept the portal's bot; an operator must look at SLACK_BOT_TOKEN",
    "token_revoked": "the bot's token was revoked",
    "missing_scope": "the bot may not write to members; it needs chat:write and im:write",
}


class Slack:
    """The address says which: a member's ID, or a URL."""

    def not_set_up(self, address: str) -> str:
        """A webhook needs nothing, the bot its token."""
        return NO_BOT if is_slack_member(address) and not settings.SLACK_BOT_TOKEN else ""

    def problem_with(self, address: str) -> str:
        return problem_with("slack", address)

    def send(self, address: str, message: Message) -> Handed:
        problem = self.problem_with(address) or self.not_set_up(address)
        if problem:
            raise DeliveryFailed(problem, permanent=True)
        return _by_bot(address.strip(), message) if is_slack_member(address) else _by_webhook(address.strip(), message)


def _by_bot(member: str, message: Message) -> Handed:
    headers = {"Authorization": f"Bearer {settings.SLACK_BOT_TOKEN}", "Content-Type": "application/json; charset=utf-8"}
    address = f"{settings.SLACK_API_URL.rstrip('/')}/chat.postMessage"
    buttons = {"blocks": blocks(message)} if message.answer_link else {}
    reply = post(address, json={"channel": member, "text": written(message), "unfurl_links": False, **buttons}, headers=headers)
    reply.refuse_bad()
    told = _read(reply)
    if told.get("ok") is not True:
        problem = str(told.get("error", ""))
        words = REFUSALS.get(
            problem, problem if problem.isascii() and problem.replace("_", "").isalnum() and len(problem) < 60 else "no reason"
        )
        raise DeliveryFailed(
            f"Slack refused it: {words}.", permanent=problem not in PASSING and bool(problem), retry_after=reply.retry_after
        )
    return Handed("written by the bot")


def _by_webhook(address: str, message: Message) -> Handed:
    reply = post(address, json={"text": written(message)})
    reply.refuse_bad()
    return Handed("taken by the incoming webhook")


def respond(response_url: str, document: dict[str, Any]) -> None:
    """Answers somebody who pressed a button, at the address that Slack gave for that. Raises DeliveryFailed."""
    problem = problem_with("slack", response_url)
    if problem or is_slack_member(response_url):
        raise DeliveryFailed("This is no address to answer at.", permanent=True)
    post(response_url, json=document).refuse_bad()


def written(message: Message) -> str:
    """The message in Slack's own mark-up; what could be mark-up in it is shown as it stands."""
    body = message.body if len(message.body) <= LONGEST else f"{message.body[:LONGEST]}…"
    link = f"\n<{_escaped(message.link)}|Open in the portal>" if message.link else ""
    answer = f"\n<{_escaped(message.answer_link)}|Acknowledge>" if message.answer_link else ""
    return f"*{_escaped(message.title)}*\n{_escaped(body)}{answer}{link}"


def blocks(message: Message) -> list[dict[str, Any]]:
    """The message with its two buttons. Only a bot's message can have them: an incoming webhook tells nobody what was pressed."""
    texts = [f"*{_escaped(message.title)}*", _escaped(message.body)]
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": text[:LONGEST]}} for text in texts if text]
    buttons: list[dict[str, Any]] = [
        {
            "type": "button",
            "action_id": ACKNOWLEDGE,
            "style": "primary",
            "text": {"type": "plain_text", "text": "Acknowledge"},
            "value": message.answer_link.rstrip("/").rpartition("/")[2],
        }
    ]
    if message.link:
        buttons.append({"type": "button", "action_id": "open", "text": {"type": "plain_text", "text": "Open"}, "url": message.link})
    return [*sections, {"type": "actions", "elements": buttons}]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _read(reply: Reply) -> dict[str, Any]:
    try:
        told = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
