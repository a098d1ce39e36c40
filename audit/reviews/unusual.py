"""What makes an entry unusual, said in words. Pure: it is told the entry and what the same person did before.

These are hints to a reviewer, not verdicts: nothing is left out of a review because nothing here speaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from audit.reading.outcomes import FAILED, REFUSED, outcome_of
from portal.foundation.words import counted, number

from .sampling import ordinal

# Of so many earlier entries of the person it is known what they did, when and from where.
LOOKED_BACK = 200
# Who has done less so far has no habits yet.
HABIT = 20
NIGHT = frozenset({22, 23, 0, 1, 2, 3, 4, 5})
# Whoever does more than this at night works at night.
NIGHT_WORKER = 0.1
MANY_ROWS = 20
MANY_ENTRIES, WITHIN = 20, timedelta(minutes=1)
ASIDE = {
    "policy_version.published_at_once": "Published without waiting for an approval.",
    "policy_version.lock_taken_over": "Somebody else's draft was taken over.",
    "escalation.bypassed": "Levels of the escalation were left out.",
    "handoff.waived": "A signature was waived.",
    "mandate.used": "A mandate was used.",
    "hold.lifted": "A legal hold was lifted.",
}
BREAK_GLASS = ("break_glass.", "elevation.")
PAST_THE_PORTAL = ("record.", "unattributed_change")
RIGHTS = ("right.", "rights.", "token.", "account.token_made", "user.password_set")


@dataclass(frozen=True, slots=True)
class Entry:
    """`address` is what an address is called in the ledger, `rows` how many governed rows changed; `zone` is the person's own."""

    type: str
    at: datetime
    zone: ZoneInfo
    address: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """Something that the same person did before."""

    type: str
    at: datetime
    address: str = ""


def unusual(entry: Entry, earlier: Sequence[Earlier], *, by_person: bool) -> tuple[str, ...]:
    """What is unusual about `entry`, a sentence each, the gravest first. `earlier` has LOOKED_BACK at most, the newest first."""
    said = [*_by_its_type(entry.type)]
    if entry.rows >= MANY_ROWS:
        said.append(f"Changed {counted(entry.rows, 'record')} at once.")
    if by_person:
        said += _by_the_person(entry, earlier)
    return tuple(said)


def _by_its_type(kind: str) -> list[str]:
    if outcome_of(kind) == REFUSED:
        return ["It was refused."]
    if outcome_of(kind) == FAILED:
        return ["It failed."]
    if kind.startswith(PAST_THE_PORTAL):
        return ["Changed past the portal's services."]
    if kind.startswith(BREAK_GLASS):
        return ["About a role that was taken in an emergency."]
    if kind.startswith(RIGHTS):
        return ["It changes what somebody may do."]
    return [ASIDE[kind]] if kind in ASIDE else []


def _by_the_person(entry: Entry, earlier: Sequence[Earlier]) -> list[str]:
    if not earlier:
        return ["The first entry of this person."]
    said = []
    of = f"their {number(len(earlier))} earlier entries" if len(earlier) < LOOKED_BACK else f"their last {LOOKED_BACK} entries"
    if all(one.type != entry.type for one in earlier):
        said.append(f"They did this in none of {of}." if len(earlier) > 1 else "They did this for the first time.")
    if entry.address and any(one.address for one in earlier) and all(one.address != entry.address for one in earlier):
        said.append(f"From an address that none of {of} came from.")
    if words := _at_night(entry, earlier):
        said.append(words)
    close = 1 + sum(1 for one in earlier if timedelta() <= entry.at - one.at <= WITHIN)
    if close >= MANY_ENTRIES:
        said.append(f"The {ordinal(close)} entry by this person within a minute.")
    return said


def _at_night(entry: Entry, earlier: Sequence[Earlier]) -> str:
    local = entry.at.astimezone(entry.zone)
    if local.hour not in NIGHT:
        return ""
    nights = sum(1 for one in earlier if one.at.astimezone(entry.zone).hour in NIGHT)
    if len(earlier) >= HABIT and nights > NIGHT_WORKER * len(earlier):
        return ""
    seldom = ", when they hardly ever do anything" if len(earlier) >= HABIT else ""
    return f"At night, {local:%H:%M} in {entry.zone.key}{seldom}."
