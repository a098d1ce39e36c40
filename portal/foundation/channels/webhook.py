"""The generic channel: one JSON document by POST. Its form is part of the product: docs/operations.md."""

from portal.foundation.outbound_http import post_json
from portal.foundation.people.addresses import problem_with

from .base import Handed, Message


class Webhook:
    """POSTs the message as JSON; any 2xx answer counts as handed over. Repeats carry the same Idempotency-Key."""

    def not_set_up(self, address: str) -> str:
        return ""

    def problem_with(self, address: str) -> str:
        return problem_with("webhook", address)

    def send(self, address: str, message: Message) -> Handed:
        payload = {
            "id": message.key,
            "kind": message.kind,
            "to": message.to,
            "title": message.title,
            "body": message.body,
            "link": message.link,
            "answer_link": message.answer_link,
            "answer_code": message.answer_code,
        }
        post_json(address, payload, headers={"Idempotency-Key": message.key})
        return Handed("taken")
