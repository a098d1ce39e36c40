"""Deciding how a channel is used: cleared for confidential details or not, how long a receipt may take, how much one person gets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError

from portal.foundation.access.checks import require
from portal.foundation.adminkit.frame import frames
from portal.foundation.base_models import save_tracked
from portal.foundation.channels.base import not_set_up
from portal.foundation.channels.models import ChannelRule
from portal.foundation.channels.rules import Use, use_of
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import ContactPoint
from portal.foundation.words import visible

CHANGE, VIEW = "portal.change_channelrule", "portal.view_channelrule"
Channel = ContactPoint.Channel
# A receipt that comes later than a level's window helps nobody; one that is asked for sooner would send everything twice.
SHORTEST_RECEIPT, LONGEST_RECEIPT = timedelta(seconds=10), timedelta(minutes=30)
SHORTEST_STRETCH, LONGEST_STRETCH = timedelta(seconds=10), timedelta(days=1)
MOST = 1_000


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One channel as it is used now; `rule` has no row yet while nobody decided anything."""

    rule: ChannelRule
    use: Use
    missing: str

    @property
    def limit_is_own(self) -> bool:
        return self.rule.most is not None


def channels_now() -> list[ChannelState]:
    """Every channel there is, in the order in which people choose them. One query."""
    known = {rule.channel: rule for rule in ChannelRule.objects.all()}
    rules = [known.get(channel) or ChannelRule(channel=channel) for channel in Channel.values]
    # A Slack member, for whom the bot is needed; incoming webhooks need nothing.
    return [ChannelState(rule, use_of(rule.channel, rule), not_set_up(rule.channel, "U0000000000")) for rule in rules]


def decide_channel(
    rule: ChannelRule,
    *,
    actor: Any,
    now: datetime,
    reason: str,
    cleared: bool,
    receipt_within: timedelta | None = None,
    most: int | None = None,
    within: timedelta | None = None,
) -> ChannelRule:
    """Decides how the channel of `rule` is used from now on; what is None keeps its default.

    Raises NotAllowed, and InvalidInput for values out of range, a number without its time, no reason, or when nothing would change.
    """
    require(actor, CHANGE, to="decide how a channel is used")
    if not visible(reason):
        raise InvalidInput("Say why.", {"reason": ["Say why."]})
    wanted = {"cleared": cleared, "receipt_within": receipt_within, "most": most, "within": within}
    _check(wanted)
    with frames["act"]("channelrule.decided", actor=actor, now=now, why=reason) as running:
        rule = ChannelRule.objects.select_for_update(of=("self",)).filter(channel=rule.channel).first() or ChannelRule(channel=rule.channel)
        if all(getattr(rule, name) == value for name, value in wanted.items()):
            raise InvalidInput("Nothing differs from what is there.")
        for name, value in wanted.items():
            setattr(rule, name, value)
        _clean(rule)
        save_tracked(rule, actor=actor, now=now, reason=reason)
        running.subject = rule
    return rule


def _check(wanted: dict[str, Any]) -> None:
    problems: dict[str, list[str]] = {}
    receipt, most, within = wanted["receipt_within"], wanted["most"], wanted["within"]
    if receipt is not None and not SHORTEST_RECEIPT <= receipt <= LONGEST_RECEIPT:
        problems["receipt_within"] = ["Give a time from 10 s to 30 min."]
    if (most is None) != (within is None):
        problems["within" if within is None else "most"] = ["Give the number of messages with the time, or neither."]
    if most is not None and not 1 <= most <= MOST:
        problems["most"] = [f"Give a number from 1 to {MOST:,}."]
    if within is not None and not SHORTEST_STRETCH <= within <= LONGEST_STRETCH:
        problems["within"] = ["Give a time from 10 s to 1 day."]
    if problems:
        raise InvalidInput(" ".join(problem for found in problems.values() for problem in found), problems)


def _clean(rule: ChannelRule) -> None:
    try:
        rule.clean_fields()
    except ValidationError as error:
        raise InvalidInput("This channel is not known.") from error
