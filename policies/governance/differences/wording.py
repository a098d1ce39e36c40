"""What changes in the messages, line by line, and in the announcements."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from policies.decisions.ruleset import AnnouncementRule, MessageRule, PolicySnapshot
from portal.foundation import words

from .changes import ANNOUNCEMENTS, MESSAGES, Change, Field, Kind, duration

TEMPLATES: Kind[MessageRule] = Kind(
    MESSAGES,
    lambda rule: (
        f"{rule.track.label} track, {f'level {rule.level}' if rule.level else 'every level'}, {rule.audience.label.lower()} audience"
    ),
    (
        Field("subject", lambda rule: rule.subject, lambda rule: f"'{rule.subject}'"),
        # The lines that change are told one by one, see _lines.
        Field("text", lambda rule: None, lambda rule: f"'{rule.body}'"),
    ),
)
PROTOCOLS: Kind[AnnouncementRule] = Kind(
    ANNOUNCEMENTS,
    lambda rule: f"From {rule.severity.label} on, {rule.audience.label.lower()} audience",
    (
        Field("speaker", lambda rule: (rule.person_id, rule.role_id), lambda rule: rule.speaker),
        Field("channels", lambda rule: rule.channels, lambda rule: words.listed(rule.channels)),
        Field("first within", lambda rule: rule.first_within, lambda rule: duration(rule.first_within)),
        Field("repeated every", lambda rule: rule.repeat_every, lambda rule: duration(rule.repeat_every)),
    ),
)


def message_changes(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[Change]:
    """The templates, by track, level and audience."""
    old, new = ({(rule.track, rule.level, rule.audience): rule for rule in content.messages} for content in (before, after))
    yield from TEMPLATES.between(old, new)
    for key, now in new.items():
        if key in old:
            yield from _lines(TEMPLATES.place(now), old[key].body.split("\n"), now.body.split("\n"))


def announcement_changes(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[Change]:
    """The announcements, by severity and audience."""
    yield from PROTOCOLS.between(*({(rule.severity, rule.audience): rule for rule in content.announcements} for content in (before, after)))


def _lines(place: str, before: list[str], after: list[str]) -> Iterator[Change]:
    """The lines of a text that came, went or changed. Line numbers are those of the new text; of the old one for lines that went."""
    for what, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        was, now = before[start:end], after[new_start:new_end]
        field = f"text, {_numbered(new_start, new_end) if now else _numbered(start, end)}"
        same = " (only spaces differ)" if "".join("".join(was).split()) == "".join("".join(now).split()) else ""
        if was and now:
            told = f"{place}: {field} {_quoted(now)} instead of {_quoted(was)}{same}."
        else:
            told = f"{place}: {field} {'added' if now else 'removed'}: {_quoted(now or was)}."
        yield Change(MESSAGES, place, field, _quoted(was), _quoted(now), told)


def _numbered(start: int, end: int) -> str:
    return f"line {start + 1}" if end - start == 1 else f"lines {start + 1} to {end}"


def _quoted(lines: list[str]) -> str:
    return " / ".join(f"'{line}'" for line in lines)
