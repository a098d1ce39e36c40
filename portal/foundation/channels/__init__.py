"""How a message travels: one module a channel, each behind the same protocol.

Writes: nothing.
Reads: settings.
Never: knows what a message is about; repeats an address in what it says.
"""


def register_channels() -> None:
    """Makes the channels known under the names that contact points use; called once at start."""
    from .apprise import Apprise
    from .base import channels
    from .webhook import Webhook

    channels.register("webhook", Webhook())
    channels.register("apprise", Apprise())
