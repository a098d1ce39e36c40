"""What every channel is: something that takes a message to an address, or says in words why it could not."""

from dataclasses import dataclass
from typing import Protocol

from portal.foundation.errors import InvalidInput
from portal.foundation.people.addresses import may_alert, problem_with
from portal.foundation.registry import Registry


@dataclass(frozen=True, slots=True)
class Message:
    """What is handed over. `key` is the same for every repeat of one message; `to` is the person's name.

    `id` names the row in the outbox, for whoever wants an answer back; it is empty where several messages travel as one, since an answer
    is to one of them. `answer_link` opens the page that answers it, `answer_code` is what a reply names; both are empty for what cannot
    be answered.
    """

    key: str
    kind: str
    to: str
    title: str
    body: str
    link: str
    id: str = ""
    answer_link: str = ""
    answer_code: str = ""


@dataclass(frozen=True, slots=True)
class Handed:
    """What the receiver said in `words`, without address or secret; `ref` is what it calls the message.

    `receipts`: it will report how the message fared, under that `ref`. Until then nobody knows whether it arrived.
    """

    words: str
    ref: str = ""
    receipts: bool = False


class Channel(Protocol):
    """A way for messages to travel."""

    def not_set_up(self, address: str) -> str:
        """What an operator must still do before this channel carries anything to `address`, in words; empty when nothing."""

    def problem_with(self, address: str) -> str:
        """What is wrong with `address`, in words that do not repeat it; empty when nothing is. Calls nobody."""

    def send(self, address: str, message: Message) -> Handed:
        """Hands the message over and returns what the receiver said.

        Raises DeliveryFailed, permanent when trying again will not help.
        """


channels: Registry[Channel] = Registry("channel")


# A code is read out digit by digit, and sent to an address before anybody trusts it.
CODE = "contact.code"
# What must interrupt somebody; e-mail carries none of it. The first word of a message's kind.
ALERTS = frozenset({"escalation", "incident", "drill", "page"})


def is_alert(kind: str) -> bool:
    """Whether messages of this kind must interrupt whoever gets them."""
    return kind.partition(".")[0] in ALERTS


def can_alert(channel: str, address: str) -> bool:
    """Whether an alert sent to `address` can interrupt somebody: no e-mail, a good address, a channel that is set up."""
    return may_alert(channel, address) and not not_set_up(channel, address)


def check_address(channel: str, address: str) -> None:
    """Raises InvalidInput, in words for a person, when `address` cannot be a contact point of `channel`."""
    known = channels.get(channel)
    address = address.strip()
    problem = problem_with(channel, address) or (known.problem_with(address) if known else "This channel is not known.")
    if problem:
        raise InvalidInput(problem, {"address": [problem]})


def not_set_up(channel: str, address: str) -> str:
    """What an operator must still do before anything can be sent to `address`, in words; empty when nothing."""
    known = channels.get(channel)
    return known.not_set_up(address) if known else "This channel is not known."
