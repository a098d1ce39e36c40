"""Which template a message is written from: the level's own before the one of every level, for the audience of the track."""

from collections.abc import Iterable

from policies.decisions.ruleset import MessageRule
from policies.decisions.vocabulary import Audience, Track

AUDIENCE_OF = {Track.TECHNICAL: Audience.TECHNICAL, Track.STAKEHOLDER: Audience.EXECUTIVE, Track.COMPLIANCE: Audience.TECHNICAL}
EVERY_LEVEL = 0


def template_for(rules: Iterable[MessageRule], track: Track, level: int) -> MessageRule | None:
    """The template for whoever is alerted at `level` of `track`; None where the rules have none."""
    found = {rule.level: rule for rule in rules if rule.track is track and rule.audience is AUDIENCE_OF[track]}
    return found.get(level) or found.get(EVERY_LEVEL)
