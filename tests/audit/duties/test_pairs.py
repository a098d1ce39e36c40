"""Which rights meet, as a matter of what somebody holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.duties.pairs import EVERYTHING, Holding, Pair, Reach, Way, completing, hits

APPROVE, ACCOUNTS = "policies.approve_policyversion", "portal.change_user"
EVERYWHERE = Pair(1, ACCOUNTS, APPROVE, Reach.EVERYWHERE)


def by_role(right: str, role: str) -> Holding:
    return Holding(right, Way.ROLE, role)


def on(right: str, place: str) -> Holding:
    return Holding(right, Way.GRANT, "", place)


def test_a_hit_tells_by_which_roles_both_are_held() -> None:
    (hit,) = hits([by_role(APPROVE, "Approvers"), by_role(ACCOUNTS, "Administrators"), by_role(APPROVE, "Board")], [EVERYWHERE])
    assert [one.words() for one in (*hit.a, *hit.b)] == ["by the role Administrators", "by the role Approvers", "by the role Board"]


def test_one_right_alone_is_no_hit() -> None:
    assert hits([by_role(APPROVE, "Approvers")], [EVERYWHERE]) == []


def test_what_must_not_meet_anywhere_meets_between_two_grants_on_two_things() -> None:
    assert len(hits([on(APPROVE, "policies.service:1"), on(ACCOUNTS, "policies.service:2")], [EVERYWHERE])) == 1


def test_for_one_policy_two_grants_meet_only_in_the_same_place() -> None:
    pair = Pair(2, "a.work", "a.judge", Reach.POLICY)
    assert hits([on("a.work", "s:1"), on("a.judge", "s:2")], [pair]) == []
    assert [hit.on for hit in hits([on("a.work", "s:1"), on("a.judge", "s:1")], [pair])] == ["s:1"]
    assert [hit.on for hit in hits([on("a.work", "s:1"), by_role("a.judge", "Judges")], [pair])] == ["s:1"]
    assert [hit.on for hit in hits([by_role("a.work", "Workers"), by_role("a.judge", "Judges"), on("a.work", "s:1")], [pair])] == [""]


def test_what_must_differ_only_on_one_object_may_be_held_together() -> None:
    assert hits([by_role("a", "Both"), by_role("b", "Both")], [Pair(3, "a", "b", Reach.OBJECT)]) == []


def test_a_superuser_is_a_finding_once_and_not_of_every_pair() -> None:
    rule = Pair(4, EVERYTHING, EVERYTHING, Reach.EVERYWHERE)
    assert [hit.pair for hit in hits([Holding(EVERYTHING, Way.SUPERUSER)], [EVERYWHERE, rule])] == [4]


def test_what_would_complete_a_pair_is_withheld_and_nothing_else() -> None:
    assert completing({APPROVE, "a.view"}, {ACCOUNTS}, [EVERYWHERE]) == {APPROVE}
    assert completing({APPROVE, ACCOUNTS}, set(), [EVERYWHERE]) == {APPROVE, ACCOUNTS}
    assert completing({APPROVE}, {ACCOUNTS}, [Pair(5, ACCOUNTS, APPROVE, Reach.OBJECT)]) == set()


RIGHTS = st.sampled_from(["a", "b", "c"])
HELD = st.lists(st.builds(Holding, RIGHTS, st.sampled_from(list(Way)), st.just(""), st.sampled_from(["", "s:1", "s:2"])), max_size=6)
PAIRS = st.lists(st.builds(Pair, st.integers(1, 3), RIGHTS, RIGHTS, st.sampled_from(list(Reach))), max_size=4)


@settings(max_examples=20, deadline=None)
@given(HELD, PAIRS, HELD)
def test_holding_more_never_hides_who_holds_a_pair_and_order_does_not_matter(
    held: list[Holding], pairs: list[Pair], more: list[Holding]
) -> None:
    before = {hit.pair for hit in hits(held, pairs)}
    assert before <= {hit.pair for hit in hits([*more, *held], pairs)}
    assert hits(held, pairs) == hits(list(reversed(held)), pairs)
