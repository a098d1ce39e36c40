"""Microsoft Teams: an adaptive card to the webhook of a workflow."""

from typing import Any

from portal.foundation.errors import DeliveryFailed
from portal.foundation.outbound_http import post
from portal.foundation.people.addresses import problem_with

from .base import Handed, Message

SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
# A card may have 28 KB, some installations stop at 21; a letter may take four bytes.
LONGEST = 4_000


class Teams:
    """One card a message. A workflow belongs to a person and stops when they leave, which shows as a refusal."""

    def not_set_up(self, address: str) -> str:
        return ""

    def problem_with(self, address: str) -> str:
        return problem_with("teams", address)

    def send(self, address: str, message: Message) -> Handed:
        if self.problem_with(address):
            raise DeliveryFailed(self.problem_with(address), permanent=True)
        post(address.strip(), json=card(message)).refuse_bad()
        return Handed("taken by the workflow")


def card(message: Message) -> dict[str, Any]:
    """What a workflow takes: one attachment, which is the card."""
    body = message.body if len(message.body) <= LONGEST else f"{message.body[:LONGEST]}…"
    content: dict[str, Any] = {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [
            {"type": "TextBlock", "text": _plain(message.title), "weight": "Bolder", "size": "Medium", "wrap": True},
            {"type": "TextBlock", "text": _plain(body), "wrap": True},
        ],
    }
    # A workflow may only open an address: what it posts to us would not say who pressed, so a button of its own could prove nothing.
    opened = (("Acknowledge", message.answer_link), ("Open in the portal", message.link))
    actions = [{"type": "Action.OpenUrl", "title": title, "url": url} for title, url in opened if url]
    if actions:
        content["actions"] = actions
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def _plain(text: str) -> str:
    """Cards read a little Markdown: a link whose words and address differ must not hide in a title."""
    return text.replace("[", "\\[").replace("\n", "\n\n")
