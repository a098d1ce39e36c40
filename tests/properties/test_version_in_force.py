"""The past never changes: whatever is approved later, what was in force at an instant stays."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.governance.queries import version_in_force
from tests.factories import policies as make
from tests.factories.portal import person

# Hours until the next approval, and the start asked for, in hours from that approval; None is 'at once'.
steps = st.lists(st.tuples(st.integers(0, 48), st.none() | st.integers(-72, 72)), min_size=1, max_size=4)


@pytest.mark.django_db
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_the_answer_for_a_past_instant_never_changes(now: Any, steps: list[tuple[int, int | None]]) -> None:
    author, approver = person("Author", roles=("manager",)), person("Approver", roles=("approver",))
    policy, at = make.policy(), now
    remembered: dict[Any, Any] = {}
    for wait, start in steps:
        at += timedelta(hours=wait)
        draft = make.draft(policy, author=author, now=at)
        if not draft.levels.exists():
            make.level(draft, 1, person("On call"))
        draft.effective_from = None if start is None else at + timedelta(hours=start)
        draft.save()
        make.approve(draft, now=at, approver=approver)
        for instant, version in remembered.items():
            assert version_in_force(policy, instant) == version
        for hours in range(-100, 1, 10):
            instant = at + timedelta(hours=hours) - timedelta(microseconds=1)
            remembered[instant] = version_in_force(policy, instant)
    assert version_in_force(policy, now - timedelta(seconds=1)) is None
