"""verify.py and verify.js, written apart from each other, say the same of thousands of bundles with something wrong in them."""

from collections import Counter

from tests.audit.evidence.mutations import cases
from tests.audit.evidence.two_verifiers import Both, both, difference, verdict

__all__ = ["both"]
MANY = 5_000


def test_five_thousand_bundles_get_the_same_verdict(both: Both) -> None:
    differences = [said for case in cases(MANY, seed=2) if (said := difference(both, case))]
    assert not differences, f"{len(differences)} of {MANY}:\n" + "\n".join(differences[:50])


def test_the_bundles_are_of_every_verdict(both: Both) -> None:
    found = Counter(verdict(both.asked(case)[1]).status for case in cases(500, seed=3))
    assert set(found) == {0, 1, 2, 3, 4, 5}
