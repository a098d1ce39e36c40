"""What holds for a channel about which nobody decided anything: how long a receipt may take, and how much one person gets. Pure."""

from dataclasses import dataclass
from datetime import timedelta

# Operators hand a text over in seconds; after a minute it lies in a queue, and a level's window, five minutes as a rule, has room for
# the next way.
RECEIPT_OF_A_TEXT = timedelta(seconds=60)
# A telephone rings for about half a minute before the service says that nobody picked up; setting the call up takes some seconds more.
RECEIPT_OF_A_CALL = timedelta(seconds=60)
# Any other provider that promised a receipt.
RECEIPT_OF_OTHERS = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` messages to one person in any stretch of `within`; what is more is put into one message."""

    most: int
    within: timedelta


# The stretches are short on purpose: whoever waits for a slot waits two minutes at most, well within a level's window.
# A call lasts half a minute and is listened to; a third within two minutes only finds the line busy with the second.
OF_CALLS = Limit(2, timedelta(minutes=2))
# What a person can read between two rings; peers put texts together after one a minute (GoAlert) or for two minutes (Grafana OnCall).
OF_TEXTS = Limit(5, timedelta(minutes=2))
# A chat or a push is read at a glance, but a telephone that hums every second is switched off. Teams and Slack slow down above it too.
OF_CHATS = Limit(20, timedelta(minutes=1))
# E-mail carries information only: more than a few in ten minutes are read as one anyway.
OF_MAILS = Limit(10, timedelta(minutes=10))
# A webhook is read by a machine, which wants each message by itself.
DEFAULTS: dict[str, Limit] = {
    "sms": OF_TEXTS,
    "voice": OF_CALLS,
    "slack": OF_CHATS,
    "teams": OF_CHATS,
    "apprise": OF_CHATS,
    "email": OF_MAILS,
}


def receipt_within(channel: str) -> timedelta:
    return {"sms": RECEIPT_OF_A_TEXT, "voice": RECEIPT_OF_A_CALL}.get(channel, RECEIPT_OF_OTHERS)
