"""What may follow what, and what stands in somebody's way, in words."""

from itertools import product

import pytest

from reports.quarterly.states import (
    ACTION,
    DECISION,
    FINDING,
    REVIEW,
    ActionState,
    DecisionState,
    FindingState,
    ReviewState,
    Signing,
    may_become,
    why_not_sign,
    why_not_submit,
)

ALLOWED = {
    ("provisional", "preparing"),
    ("preparing", "signing"),
    ("signing", "preparing"),
    ("signing", "signed"),
}
FINDINGS = {
    ("proposed", "accepted"),
    ("proposed", "dismissed"),
    ("accepted", "accepted"),
    ("accepted", "dismissed"),
    ("dismissed", "accepted"),
}
DECISIONS = {("to_take", "taken"), ("to_take", "dropped"), ("taken", "taken"), ("dropped", "to_take")}
ACTIONS = {("open", "done"), ("open", "cancelled")}


@pytest.mark.parametrize(("now", "then"), list(product(ReviewState, ReviewState)))
def test_a_review_goes_only_the_ways_of_the_table(now: ReviewState, then: ReviewState) -> None:
    assert may_become(now, then) == ((now.value, then.value) in ALLOWED)


@pytest.mark.parametrize(("now", "then"), list(product(FindingState, FindingState)))
def test_a_finding_goes_only_the_ways_of_the_table(now: FindingState, then: FindingState) -> None:
    assert (then in FINDING[now]) == ((now.value, then.value) in FINDINGS)


@pytest.mark.parametrize(("now", "then"), list(product(DecisionState, DecisionState)))
def test_a_decision_goes_only_the_ways_of_the_table(now: DecisionState, then: DecisionState) -> None:
    assert (then in DECISION[now]) == ((now.value, then.value) in DECISIONS)


@pytest.mark.parametrize(("now", "then"), list(product(ActionState, ActionState)))
def test_an_action_goes_only_the_ways_of_the_table(now: ActionState, then: ActionState) -> None:
    assert (then in ACTION[now]) == ((now.value, then.value) in ACTIONS)


def test_signed_is_the_end() -> None:
    assert REVIEW[ReviewState.SIGNED] == ()


READY = {"state": "preparing", "unjudged": 0, "untaken": 0, "leaderless": (), "summary": "Quiet.", "steps": 3}


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({}, ""),
        ({"state": "provisional"}, "still running"),
        ({"state": "signing"}, "waits for signatures"),
        ({"state": "signed"}, "is signed"),
        ({"unjudged": 1}, "1 proposed finding is not judged yet. Accept, reword or dismiss it."),
        ({"unjudged": 2}, "2 proposed findings are not judged yet"),
        ({"untaken": 1}, "1 decision is not taken yet"),
        ({"leaderless": ("Train them",)}, "The owner of “Train them” has left"),
        ({"summary": "  \n"}, "has no summary"),
        ({"steps": 0}, "nobody who signs"),
    ],
)
def test_what_stands_in_the_way_of_signatures_is_said(case: dict[str, object], words: str) -> None:
    told = why_not_submit(**{**READY, **case})  # type: ignore[arg-type]
    assert words in told
    assert bool(told) == bool(words)


STEPS, ROLES = ("Compliance", "Manager", "Committee"), ("compliance", "manager", "approver")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({"roles_held": frozenset({"compliance"})}, ""),
        ({"roles_held": frozenset({"approver"})}, "Compliance signs first, then Committee"),
        ({"roles_held": frozenset({"responder"})}, "no role of yours"),
        ({"roles_held": frozenset({"compliance"}), "signed_before": True}, "signed this review already"),
        ({"roles_held": frozenset({"compliance"}), "prepared": True, "steps": 3}, ""),
        ({"roles_held": frozenset({"compliance"}), "prepared": True, "steps": 1}, "Somebody else"),
        ({"roles_held": frozenset({"compliance"}), "open_steps": (), "roles_wanted": ()}, "nothing to sign"),
    ],
)
def test_who_may_not_give_the_next_signature_is_told_why(case: dict[str, object], words: str) -> None:
    asked = Signing(**{"open_steps": STEPS, "roles_wanted": ROLES, "steps": 3, **case})  # type: ignore[arg-type]
    told = why_not_sign("signing", asked)
    assert words in told
    assert bool(told) == bool(words)


@pytest.mark.parametrize(
    ("state", "words"), [("provisional", "still running"), ("preparing", "is being prepared"), ("signed", "is signed")]
)
def test_nothing_but_what_is_put_up_is_signed(state: str, words: str) -> None:
    assert words in why_not_sign(state, Signing(STEPS, ROLES, frozenset({"compliance"}), steps=3))
