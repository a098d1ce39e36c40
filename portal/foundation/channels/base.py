"""What every channel is: something that takes a message to an address, or says in words why it could not."""

from dataclasses import dataclass
from typing import Protocol

from portal.foundation.errors import InvalidInput
from portal.foundation.people.addresses import problem_with
from portal.foundation.registry import Registry


@dataclass(frozen=True, slots=True)
class Message:
    """What is handed over. `key` is the same for every repeat of one message; `to` is the person's name."""

    key: str
    kind: str
    to: str
    title: str
    body: str
    link: str


class Channel(Protocol):
    """A way for messages to travel."""

    def problem_with(self, address: str) -> str:
        """What is wrong with `address`, in words that do not repeat it; empty when nothing is. Calls nobody."""

    def send(self, address: str, message: Message) -> str:
        """Hands the message over and returns what the receiver said, in words without address or secret.

        Raises DeliveryFailed, permanent when trying again will not help.
        """


channels: Registry[Channel] = Registry("channel")


def check_address(channel: str, address: str) -> None:
    """Raises InvalidInput, in words for a person, when `address` cannot be a contact point of `channel`."""
    known = channels.get(channel)
    problem = problem_with(channel, address) or (known.problem_with(address) if known else "This channel is not known.")
    if problem:
        raise InvalidInput(problem, {"address": [problem]})
