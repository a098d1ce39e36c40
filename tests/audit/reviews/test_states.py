"""What may follow what."""

from itertools import product

import pytest

from audit.reviews.states import PERIOD, PeriodState, may_become, why_not_close, why_not_judge, why_not_sign

ALLOWED = {("drawing", "open"), ("open", "closed"), ("closed", "open"), ("closed", "signed")}


@pytest.mark.parametrize(("now", "then"), list(product(PeriodState, PeriodState)))
def test_a_period_goes_only_the_ways_of_the_table(now: PeriodState, then: PeriodState) -> None:
    assert may_become(now, then) == ((now.value, then.value) in ALLOWED)


def test_signed_is_the_end() -> None:
    assert PERIOD[PeriodState.SIGNED] == ()


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({"unjudged": 1, "loose": 0}, "1 entry is not judged yet"),
        ({"unjudged": 0, "loose": 2}, "2 entries are marked for follow-up and stand in no finding"),
        ({"unjudged": 0, "loose": 0, "is_sample": True}, "does not say why a sample is enough"),
        ({"unjudged": 0, "loose": 0, "is_sample": True, "rationale": "By the risk analysis."}, ""),
        ({"unjudged": 0, "loose": 0}, ""),
    ],
)
def test_what_stands_in_the_way_of_closing_is_said(case: dict[str, object], words: str) -> None:
    told = why_not_close(**{"is_sample": False, "rationale": "", **case})  # type: ignore[arg-type]
    assert words in told
    assert bool(told) == bool(words)


@pytest.mark.parametrize(
    ("who", "words"),
    [({"actor": "7"}, "yourself"), ({"behalf": "7"}, "on your behalf"), ({"about": "7"}, "your own account"), ({}, "")],
)
def test_nobody_judges_what_they_had_a_hand_in(who: dict[str, str], words: str) -> None:
    told = why_not_judge("7", **{"actor": "", "behalf": "", "about": "", **who})
    assert words in told
    assert bool(told) == bool(words)
    assert "Only a person" in why_not_judge("", actor="", behalf="", about="")


def test_whoever_judged_signs_only_where_the_plan_allows_it() -> None:
    assert why_not_sign(judged_by_signer=0, second_signature=True) == ""
    assert why_not_sign(judged_by_signer=3, second_signature=False) == ""
    assert "somebody who judged none" in why_not_sign(judged_by_signer=1, second_signature=True)
