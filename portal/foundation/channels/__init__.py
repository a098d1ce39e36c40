"""How a message travels: one module a channel, each behind the same protocol.

Writes: nothing.
Reads: settings.
Never: knows what a message is about; repeats an address in what it says.
"""

from .base import Channel


def register_channels() -> None:
    """Makes the channels known under the names that contact points use; called once at start."""
    from portal.foundation.people.reach import travels

    from .apprise import Apprise
    from .base import can_alert, channels
    from .mail import Mail
    from .slack import Slack
    from .sms import Sms
    from .teams import Teams
    from .voice import Voice
    from .webhook import Webhook

    ways: dict[str, Channel] = {
        "webhook": Webhook(),
        "apprise": Apprise(),
        "sms": Sms(),
        "voice": Voice(),
        "slack": Slack(),
        "teams": Teams(),
        "email": Mail(),
    }
    for name, channel in ways.items():
        channels.register(name, channel)
    travels.register("channels", can_alert)
