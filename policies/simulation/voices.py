"""How the app that alerts people would say it: it registers itself, as policies know no incidents."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policies.catalogue.models import Service
from policies.decisions.escalation_facts import Action, RunState
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Track
from portal.foundation.registry import Registry

from .grading import Grade


@dataclass(frozen=True, slots=True)
class Imagined:
    """The made-up incident as a message would tell it. `policy` is the name of the policy that the track follows, `rules` what counts."""

    service: Service
    title: str
    begins: datetime
    grade: Grade
    track: Track
    policy: str
    rules: PolicySnapshot


@dataclass(frozen=True, slots=True)
class Voice:
    """`kind` is what a message that alerts somebody is called. `told` gives the sentence of the timeline ('' for none), `title` that
    of the message, `last_resort` whom it goes to when nobody could be reached: the owner of the policy, or whoever comes after."""

    kind: str
    told: Callable[[Action, RunState, PolicySnapshot, Track], str]
    title: Callable[[Imagined, Action, PolicySnapshot], str]
    last_resort: Callable[[Service, Any], Any]


voices: Registry[Voice] = Registry("voice of alerts")
