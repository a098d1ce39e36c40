"""A reason is words that somebody can see: each service that asks for one asks the same question of it."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from audit.evidence.exports import request_export
from audit.evidence.selection import Selection
from audit.retention.holds import place_hold
from incidents.lifecycle import services as lifecycle
from policies.governance.services import approve_version, submit_version
from portal.foundation.errors import InvalidInput
from reports.quarterly.opening import open_review
from tests.factories import policies as make
from tests.factories import quarterly
from tests.factories.incidents import incident
from tests.factories.portal import person

from .test_house_rules import APPS, PROJECT

# A zero-width space, a word joiner and an override of direction, a Hangul filler, an empty cell of braille.
UNSEEN = " \u200b\u2060\u202e\u3164\u2800 "
# `reason.strip()` takes all of these for words.
BY_ITSELF = re.compile(r"\b(reason|note|rationale|waiver)\.strip\(\)")


def test_no_service_asks_in_a_way_of_its_own() -> None:
    sources = (path for app in APPS for path in (PROJECT / app).rglob("*.py"))
    found = [str(path.relative_to(PROJECT)) for path in sources if BY_ITSELF.search(path.read_text(encoding="utf-8"))]
    assert found == [], "Ask portal.foundation.words.visible instead."


def approves(now: datetime) -> None:
    version = make.draft(now=now)
    make.level(version, 1, person("On call"))
    submit_version(version, actor=version.author, now=now, accepted=make.ACCEPTED)
    approve_version(version, actor=make.approvers(1)[0], now=now, reason=UNSEEN)


def holds(now: datetime) -> None:
    place_hold(actor=person("Cora", is_superuser=True), now=now, reason=UNSEEN)


def exports(now: datetime) -> None:
    request_export(Selection(), actor=person("Cora", is_superuser=True), now=now, reason=UNSEEN)


def waits(now: datetime) -> None:
    rita = person("Rita", is_superuser=True)
    taken = lifecycle.acknowledge(incident(now), actor=rita, now=now)
    lifecycle.hold(taken, actor=rita, now=now, reason=UNSEEN)


def reviews(now: datetime) -> None:
    open_review(quarterly.QUARTER, None, actor=quarterly.compliance(), now=now, reason=UNSEEN)


def overrides(now: datetime) -> None:
    from policies.oncall.stretches import said

    said(UNSEEN, "Say why.")


@pytest.mark.django_db
@pytest.mark.parametrize("ask", [approves, holds, exports, waits, reviews, overrides])
def test_a_reason_of_which_nothing_is_seen_is_none(ask: Callable[[Any], None], now: datetime) -> None:
    with pytest.raises(InvalidInput):
        ask(now)
