"""How each channel is used: what the organisation decided, else what holds by itself."""

from dataclasses import dataclass
from datetime import timedelta

from .limits import DEFAULTS, Limit, receipt_within
from .models import ChannelRule


@dataclass(frozen=True, slots=True)
class Use:
    """What holds for one channel. `limit` None: a person gets any number of messages."""

    cleared: bool
    receipt_within: timedelta
    limit: Limit | None


def use_of(channel: str, rule: ChannelRule | None) -> Use:
    limit = Limit(rule.most, rule.within) if rule and rule.most and rule.within else DEFAULTS.get(channel)
    within = rule.receipt_within if rule and rule.receipt_within else receipt_within(channel)
    return Use(cleared=bool(rule and rule.cleared), receipt_within=within, limit=limit)


class Uses:
    """What holds for every channel at one moment. One query, when it is made."""

    def __init__(self) -> None:
        self._rules = {rule.channel: rule for rule in ChannelRule.objects.all()}

    def __getitem__(self, channel: str) -> Use:
        return use_of(channel, self._rules.get(channel))
