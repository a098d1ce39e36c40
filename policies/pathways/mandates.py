"""Whether those who answer for levels are there, and their mandates run. Pure."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta

from policies.decisions.findings import Finding, found
from policies.decisions.ruleset import LevelRule
from policies.decisions.vocabulary import Track

from .places import level_called, place_of

# A quarter: the time it takes to have a mandate renewed by a committee.
AHEAD = timedelta(days=90)


def check_mandates(levels: Sequence[LevelRule], gone: Collection[int], today: date, *, track: Track = Track.TECHNICAL) -> Iterator[Finding]:
    """Findings on owners and mandates of one track's levels. `today` is the day from which the version counts."""
    for level in levels:
        place, called = place_of(track, level), level_called(track, level.number)
        if level.owner_id in gone:
            check = "mandate.owner_left" if level.mandates else "level.owner_left"
            holds = ", holds its mandate" if level.mandates else ""
            yield found(check, place, f"{level.owner} answers for {called}{holds} and can no longer sign in.")
        if not level.mandates or level.mandate_until is None:
            continue
        last = f"{level.mandate_until:%d %b %Y}"
        if level.mandate_until < today:
            yield found("mandate.over", place, f"The mandate of {level.owner} in {called} ended on {last}.")
        elif level.mandate_until <= today + AHEAD:
            yield found("mandate.ends_soon", place, f"The mandate of {level.owner} in {called} ends on {last}.")
