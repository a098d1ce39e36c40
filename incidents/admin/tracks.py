"""The stakeholder and the compliance track on an incident's page: how each stands, and the button that answers for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.safestring import SafeString

from incidents.escalation.queries import TrackNow, track_waits, tracks_beside
from incidents.escalation.services import acknowledge_track
from incidents.models import EscalationRun, Incident
from policies.decisions.vocabulary import Track
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

BESIDE = (Track.COMPLIANCE, Track.STAKEHOLDER)


@dataclass(frozen=True, slots=True)
class TrackLine:
    """One track as shown."""

    label: str
    verb: str
    state: str
    when: SafeString | str
    ahead: str
    alarming: bool


def track_lines(incident: Incident, now: datetime) -> tuple[list[TrackLine], str]:
    """The tracks beside the technical one, and a stamp that differs as soon as one of them does."""
    found = tracks_beside(incident, now)
    return [_line(track, now) for track in found], "-".join(f"{track.run.pk}.{track.run.sequence}" for track in found)


def _line(beside: TrackNow, now: datetime) -> TrackLine:
    return TrackLine(
        label=beside.track.label,
        verb=_key(beside.track),
        state=beside.words,
        when=moment(beside.run.acknowledged_at or beside.run.ended_at or beside.run.started_at, now),
        ahead=beside.coming.words(now) if beside.coming else "",
        alarming=beside.run.state == EscalationRun.State.EXHAUSTED and beside.waits,
    )


def _acknowledge(track: Track) -> Callable[..., Any]:
    def run(incident: Incident, *, actor: Any, now: datetime, reason: str = "") -> Any:
        return acknowledge_track(incident, track.value, actor=actor, now=now, reason=reason)

    return run


def _key(track: Track) -> str:
    return f"acknowledge-{track.value}"


TRACK_VERBS = tuple(
    Verb(
        key=_key(track),
        label=f"Acknowledge the {track.label.lower()} track",
        run=_acknowledge(track),
        permission="incidents.acknowledge_incident",
        need="nothing",
        possible=partial(track_waits, track=track),
        done=f"You answer for the {track.label.lower()} track. Its alerts have stopped.",
    )
    for track in BESIDE
)


def track_buttons(offered: Sequence[tuple[Verb, str]]) -> list[tuple[str, str, str]]:
    """Key, label and address of the tracks' buttons among those offered."""
    keys = {verb.key for verb in TRACK_VERBS}
    return [(verb.key, verb.label, address) for verb, address in offered if verb.key in keys]
