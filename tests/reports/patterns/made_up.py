"""Quarters out of a seed: incidents, levels, answers and moves by chance alone, and patterns planted into them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from reports.metrics.escalation_definitions import Escalations
from reports.metrics.levels import NEVER, SECOND, Cause, Visits
from reports.patterns.seen import DAY, EPOCH, Names, Seen

START = (datetime(2026, 1, 1, tzinfo=UTC) - EPOCH) // datetime.resolution
DAYS = 90
MINUTE = 60 * SECOND
WINDOW = 15 * MINUTE


def codes(values: Any, word: str) -> Names:
    return Names(np.asarray(values, dtype=np.int64), tuple(f"{word} {place:02d}" for place in range(int(np.max(values, initial=-1)) + 1)))


def quarter(seed: int, incidents: int = 600, *, services: int = 12, teams: int = 6, by_day: bool = True) -> Seen:
    """Nothing in it depends on any part. `by_day`: half of the incidents come in outages, several at once."""
    dice = np.random.default_rng(seed)
    opened = dice.integers(0, DAYS * DAY, incidents)
    if by_day:
        outage = dice.integers(0, DAYS * DAY, max(1, incidents // 8))
        mine = dice.random(incidents) < 0.5
        opened[mine] = outage[dice.integers(0, len(outage), int(mine.sum()))] + dice.integers(0, 60 * MINUTE, int(mine.sum()))
    opened = np.sort(START + opened)
    service = dice.integers(0, services, incidents)
    resolved = opened + (dice.lognormal(10.5, 1.2, incidents) * SECOND).astype(np.int64)
    end = START + DAYS * DAY
    resolved[dice.random(incidents) < 0.04] = NEVER
    return Seen(
        numbers=np.array([f"INC-{place:06d}" for place in range(incidents)], dtype=object),
        opened=opened,
        acknowledged=np.full(incidents, NEVER),
        resolved=resolved,
        made_sla=(dice.random(incidents) > 0.3).astype(np.int64),
        reopened=dice.random(incidents) < 0.05,
        grade=dice.choice(4, incidents, p=[0.05, 0.15, 0.5, 0.3]),
        names={
            "service": codes(service, "Service"),
            "component": codes(service * 3 + dice.integers(0, 3, incidents), "Component"),
            "team": codes(dice.integers(0, teams, incidents), "Team"),
            "policy": codes(service // 2, "Policy"),
        },
        zone=Names(np.zeros(incidents, dtype=np.int64), ("Europe/Berlin",)),
        moves=dice.poisson(0.8, incidents),
        went_back=dice.random(incidents) < 0.1,
        confused=dice.random(incidents) < 0.06,
        departed=dice.random(incidents) < 0.12,
        escalations=_escalations(dice, opened, resolved),
        run_of=np.arange(incidents),
        alert_of=np.repeat(np.arange(incidents), 2),
        alerted_at=np.repeat(opened, 2),
        given_up=dice.random(2 * incidents) < 0.03,
        start=START,
        end=end,
        known_until=end + DAY,
    )


def _escalations(dice: Any, opened: Any, resolved: Any) -> Escalations:
    """Each run has up to three levels of 15 minutes each; who is alerted answers after a time that only chance gives."""
    rows: list[tuple[int, ...]] = []
    exhausted = np.zeros(len(opened), dtype=bool)
    for run, at in enumerate(opened.tolist()):
        for level in (1, 2, 3):
            waited = int(dice.lognormal(5.2, 1.3) * SECOND)
            answered = waited < WINDOW
            left, cause = at + (5 * DAY if answered else WINDOW), Cause.NOT_LEFT if answered or level == 3 else Cause.WINDOW
            alerted = 0 if dice.random() < 0.03 else 1
            answer = at + waited if answered and alerted else NEVER
            rows.append(
                (
                    run,
                    level,
                    1,
                    at,
                    left,
                    int(cause),
                    0 if cause == Cause.NOT_LEFT else level + 1,
                    alerted,
                    at if alerted else NEVER,
                    answer,
                    int(not answered and level == 3),
                )
            )
            if answered:
                break
            at += WINDOW
        else:
            exhausted[run] = True
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]
    return Escalations(
        opened=len(opened),
        incident=np.arange(len(opened)),
        resolved=resolved != NEVER,
        exhausted=exhausted,
        steps=np.full(len(opened), 6),
        late=(dice.random(len(opened)) < 0.02).astype(np.int64),
        passed_over=np.zeros(len(opened), dtype=np.int64),
        visits=Visits(*columns),
        acted=dice.random(len(rows)) < 0.7,
        known_until=START + (DAYS + 1) * DAY,
    )


def with_visits(seen: Seen, **columns: Any) -> Seen:
    return replace(seen, escalations=replace(seen.escalations, visits=replace(seen.escalations.visits, **columns)))


def slower(seen: Seen, chosen: Any, factor: float) -> Seen:
    """The chosen visits are answered so many times later, or not at all when that is after the window."""
    visits = seen.escalations.visits
    waited = np.where(visits.acknowledged == NEVER, 0, visits.acknowledged - visits.first_alert)
    later = (waited * factor).astype(np.int64)
    acknowledged = np.where(chosen & (visits.acknowledged != NEVER), visits.first_alert + later, visits.acknowledged)
    missed = chosen & (later > WINDOW)
    acknowledged[missed] = NEVER
    return with_visits(
        seen,
        acknowledged=acknowledged,
        left=np.where(missed, visits.first_alert + WINDOW, visits.left),
        cause=np.where(missed, int(Cause.WINDOW), visits.cause),
    )
