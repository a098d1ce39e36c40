"""What can be ordered of an incident's escalation on its page: up, down, past levels, on hold and on again, and whose it is."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import prefetch_related_objects
from unfold.widgets import UnfoldAdminSelectWidget

from incidents.escalation import orders
from incidents.escalation.facts import content_of, holder_of
from incidents.models import EscalationRun, Incident
from policies.decisions.ruleset import LevelRule
from policies.decisions.vocabulary import Track
from portal.foundation import words
from portal.foundation.adminkit.verbs import Verb

State = EscalationRun.State
ALERTING = (State.PAGING, State.HELD)
MOVABLE = (*ALERTING, State.ACKNOWLEDGED, State.ENDED)
MINUTES = (15, 30, 60, 120, 240, 480)


def latest_runs(incident: Incident) -> dict[Track, EscalationRun]:
    """The run of each track that counts now. One query a page, however many buttons ask."""
    prefetch_related_objects([incident], "runs__policy_version")
    latest = {run.track: run for run in sorted(incident.runs.all(), key=lambda run: run.opening)}
    counts = (Track.COMPLIANCE,) if incident.has_ended else tuple(Track)
    return {track: latest[track.value] for track in counts if track.value in latest and _counts(latest[track.value], incident)}


def movable(incident: Incident, *, but: Collection[Track] = (), from_level: int = 1) -> list[Track]:
    """The tracks that can go to another level: those that are alerting, and the technical one after somebody answered."""
    return [
        track
        for track, run in latest_runs(incident).items()
        if track not in but and run.level >= from_level and run.state in (MOVABLE if track is Track.TECHNICAL else ALERTING)
    ]


def holdable(incident: Incident) -> list[Track]:
    return [track for track, run in latest_runs(incident).items() if track is not Track.COMPLIANCE and run.state in ALERTING]


def held(incident: Incident) -> list[Track]:
    return [track for track, run in latest_runs(incident).items() if run.state == State.HELD]


def takeable(incident: Incident) -> list[Track]:
    """The tracks that somebody has, and where nothing escalates the incident, the incident itself."""
    runs = latest_runs(incident)
    found = [track for track, run in runs.items() if run.state not in ALERTING and holder_of(run, incident) is not None]
    unescalated = Track.TECHNICAL not in runs and incident.is_live and incident.acknowledged_at and incident.assigned_to_id
    return [Track.TECHNICAL, *found] if unescalated else found


def raisable(incident: Incident) -> list[Track]:
    """The tracks with a level above."""
    return [track for track in movable(incident) if _above(incident, track)]


def bypassable(incident: Incident) -> list[Track]:
    """The tracks with a level above the next."""
    return [track for track in movable(incident, from_level=0) if _above(incident, track)[1:]]


class TrackForm(forms.Form):
    """Which track, where more than one can be meant."""

    takes_thing = True
    tracks: Callable[[Incident], list[Track]] = staticmethod(movable)
    track = forms.ChoiceField(label="Which track", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, thing: Incident | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.possible = type(self).tracks(thing) if thing is not None else list(Track)
        self.fields["track"].choices = [(track.value, track.label) for track in self.possible]  # type: ignore[attr-defined]
        if len(self.possible) < 2:
            del self.fields["track"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "track" not in self.fields and self.possible:
            data["track"] = self.possible[0].value
        return data


class RaiseForm(TrackForm):
    tracks = staticmethod(raisable)


class LowerForm(TrackForm):
    tracks = staticmethod(lambda incident: movable(incident, but=(Track.COMPLIANCE,), from_level=2))


class TakeOverForm(TrackForm):
    tracks = staticmethod(takeable)


class ResumeForm(TrackForm):
    tracks = staticmethod(held)


class HoldForm(TrackForm):
    """For how long: nothing rests for ever."""

    tracks = staticmethod(holdable)
    minutes = forms.TypedChoiceField(
        label="For how long",
        coerce=int,
        initial=30,
        choices=[(count, words.duration(timedelta(minutes=count))) for count in MINUTES],
        widget=UnfoldAdminSelectWidget,
        help_text="Then the alerting goes on by itself. Windows and waits move by as long.",
    )


class BypassForm(TrackForm):
    """Straight to which level."""

    tracks = staticmethod(bypassable)
    level = forms.TypedChoiceField(label="Straight to", coerce=int, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, thing: Incident | None = None, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.fields["level"].choices = self._levels(thing) if thing is not None else []  # type: ignore[attr-defined]

    def _levels(self, incident: Incident) -> list[tuple[int, str]]:
        """Of every track in question; the service refuses a level that the chosen track does not have."""
        named = len(self.possible) > 1
        told: dict[int, str] = {}
        for track in self.possible:
            for level in _above(incident, track)[1:]:
                text = f"Level {level.number}, {level.name} ({track.label.lower() if named else level.kind})"
                told[level.number] = f"{told[level.number]}; {text}" if level.number in told else text
        return sorted(told.items())


def _above(incident: Incident, track: Track) -> list[LevelRule]:
    run = latest_runs(incident)[track]
    return sorted((level for level in content_of(run).levels if level.number > run.level), key=lambda level: level.number)


def _hold(incident: Incident, *, minutes: int, now: datetime, **given: Any) -> Any:
    return orders.hold(incident, until=now + timedelta(minutes=minutes), now=now, **given)


def _counts(run: EscalationRun, incident: Incident) -> bool:
    return run.track == Track.COMPLIANCE or run.opening == incident.reopen_count


ESCALATE = Verb(
    key="escalate",
    label="Escalate",
    run=orders.raise_level,
    permission=orders.ESCALATE,
    need="perhaps words",
    form=RaiseForm,
    possible=lambda incident: bool(raisable(incident)),
    consequence="The next level is alerted at once. Whoever has it keeps it until somebody there acknowledges.",
    ask="What the next level has to know. May stay empty.",
    done="The next level is alerted.",
)
TAKE_OVER = Verb(
    key="take-over",
    label="Take over",
    run=orders.take_over,
    permission=orders.TAKE,
    form=TakeOverForm,
    possible=lambda incident: bool(takeable(incident)),
    consequence="You are responsible from now on instead of whoever has it. They are told, and asked to sign that it was handed over.",
    ask="Why you take it over.",
    done="You have it.",
)
ORDERS = (
    ESCALATE,
    TAKE_OVER,
    Verb(
        key="de-escalate",
        label="De-escalate",
        run=orders.lower_level,
        permission=orders.DEESCALATE,
        form=LowerForm,
        possible=lambda incident: bool(movable(incident, but=(Track.COMPLIANCE,), from_level=2)),
        consequence="The level below is alerted at once and has its whole window. The severity does not raise it again unless it gets worse.",
        ask="Why the level below can deal with it.",
        done="The level below is alerted.",
    ),
    Verb(
        key="bypass",
        label="Bypass levels",
        run=orders.bypass,
        permission=orders.BYPASS,
        form=BypassForm,
        possible=lambda incident: bool(bypassable(incident)),
        look="danger",
        consequence="The level that you choose is alerted at once, and those before it are left out. That is recorded as a deviation from the "
        "policy, with your words, and counted in the policy's review.",
        ask="Why the levels between are left out.",
        done="Alerted. The deviation is recorded.",
    ),
    Verb(
        key="hold-alerting",
        label="Hold the alerting",
        run=_hold,
        permission=orders.HOLD,
        form=HoldForm,
        possible=lambda incident: bool(holdable(incident)),
        look="danger",
        consequence="Nobody is alerted meanwhile. The resolution milestone goes on: when it is missed, or the severity gets worse and starts "
        "higher, the hold ends.",
        ask="Why nobody has to be alerted meanwhile.",
        done="On hold. It goes on by itself.",
    ),
    Verb(
        key="resume-alerting",
        label="Let the alerting go on",
        run=orders.resume,
        permission=orders.HOLD,
        need="perhaps words",
        form=ResumeForm,
        possible=lambda incident: bool(held(incident)),
        ask="Why now. May stay empty.",
        done="The alerting goes on.",
    ),
)
