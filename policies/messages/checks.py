"""What messages and announcements must satisfy before anybody is asked to approve them. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from policies.decisions.findings import Finding, found
from policies.decisions.ruleset import AnnouncementRule, LevelRule, MessageRule, PolicySnapshot
from policies.decisions.vocabulary import Track
from portal.foundation import words

from .rendering import problems_in
from .templates import AUDIENCE_OF


def check_messages(messages: Sequence[MessageRule], levels: Mapping[Track, Sequence[LevelRule]]) -> Iterator[Finding]:
    """Findings on templates. `levels` are the tracks that count for them; a track without levels may come from another policy."""
    for message in messages:
        place = _place(message)
        for problem in dict.fromkeys((*problems_in(message.subject), *problems_in(message.body))):
            yield found("message.unknown_variable", place, problem)
        there = {level.number for level in levels.get(message.track, ())}
        if message.level and there and message.level not in there:
            text = f"{place} is written for level {message.level}, which this track does not have."
            yield found("message.no_such_level", place, text)


def check_audiences(content: PolicySnapshot) -> Iterator[Finding]:
    """Which track is told in the standard words only."""
    written = {(message.track, message.audience) for message in content.messages}
    for track, audience in AUDIENCE_OF.items():
        if content.levels_of(track) and (track, audience) not in written:
            text = f"The {track.label.lower()} track has no message of its own for its {audience} audience: the standard text is sent."
            yield found("message.none", "Messages", text)


def check_announcements(
    rules: Sequence[AnnouncementRule], gone: Collection[int], roles: Mapping[int, tuple[int | None, int | None]]
) -> Iterator[Finding]:
    """Findings on who speaks. `roles` gives holder and deputy; a role that it does not know counts as filled."""
    for rule in rules:
        place = f"Announcement to the {rule.audience} audience from {rule.severity}"
        behind = (rule.person_id,) if rule.role_id is None else roles.get(rule.role_id, (0, None))
        if all(person is None or person in gone for person in behind):
            why = "can no longer sign in" if rule.role_id is None else "is held by nobody who is there"
            yield found("announcement.speaker_left", place, f"{rule.speaker} {why}.")
        if rule.repeat_every is not None and rule.first_within > rule.repeat_every:
            first, then = words.duration(rule.first_within), words.duration(rule.repeat_every)
            text = f"The first announcement may take {first}, updates follow every {then}."
            yield found("announcement.first_after_update", place, text)


def _place(message: MessageRule) -> str:
    level = f"level {message.level}" if message.level else "every level"
    return f"Message of the {message.track.label.lower()} track, {level}, {message.audience} audience"
