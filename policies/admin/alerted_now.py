"""Whom levels would alert at an instant: place by place who it is, who was passed over for them, and who stands behind."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from policies.decisions.escalation_facts import AWAY, BUSY, Roster, Seat
from policies.decisions.ruleset import LevelRule, PolicySnapshot, TargetRule
from policies.decisions.vocabulary import Track
from policies.governance.models import PolicyVersion
from policies.governance.snapshots import snapshot_of
from policies.oncall.roster import rosters_at
from portal.foundation.access.checks import may
from portal.foundation.errors import PortalError
from portal.foundation.words import listed

SEE_DUTY = "policies.view_oncallschedule"


def alerted_now(content: PolicySnapshot, actor: Any, at: datetime) -> dict[str, Any]:
    """Context for policies/alerted_now.html; nothing for those who may not see who is on call."""
    if not may(actor, SEE_DUTY):
        return {}
    tracks = [track for track in Track if content.levels_of(track)]
    rosters = rosters_at([content.levels_of(track) for track in tracks], at)
    found = zip(tracks, rosters, strict=True)
    return {"alerted_now": [{"title": f"{track.label} track", "rows": _rows(content.levels_of(track), roster)} for track, roster in found]}


def version_alerts_now(version: PolicyVersion, actor: Any, now: datetime) -> dict[str, Any]:
    """The same for a version; nothing for a draft, nor for content that cannot be trusted."""
    try:
        return alerted_now(snapshot_of(version), actor, now)
    except PortalError:
        return {}


def _rows(levels: Iterable[LevelRule], roster: Roster) -> list[dict[str, Any]]:
    places = [
        (level, target, roster.seat(level.number, target.position, target.name))
        for level in sorted(levels, key=lambda level: level.number)
        for target in sorted(level.targets, key=lambda target: target.position)
    ]
    rows, shown = [], set()
    for number, (level, target, seat) in enumerate(places):
        others = [(other.number == level.number, found) for other, _, found in places[number + 1 :] if not found.problem]
        # Whoever is busy stands back for somebody free later in the level, whoever is away for anybody later who is there.
        stands_back = (seat.standing == BUSY and any(same and not found.standing for same, found in others)) or (
            seat.standing == AWAY and any(found.standing != AWAY for _, found in others)
        )
        name = "" if level.number in shown else f"{level.number}. {level.name}"
        rows.append({"level": name, "stands_back": stands_back, **_row(target, seat)})
        shown.add(level.number)
    return rows


def _row(target: TargetRule, seat: Seat) -> dict[str, Any]:
    behind = [other.name for other in seat.others]
    told = [seat.problem] if seat.problem else [seat.why, seat.hindrance, *(passed.why for passed in seat.passed)]
    if behind:
        told.append(f"Behind: {listed(behind)}.")
    who = "Nobody" if seat.problem else seat.name
    return {"who": who, "role": target.role, "target": target.name, "told": [line for line in told if line], "empty": bool(seat.problem)}
