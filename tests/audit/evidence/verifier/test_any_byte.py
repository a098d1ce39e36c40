"""Any single byte of a bundle's evidence, changed: found.

The bundle is small, so that every byte can be tried (`STEP = 1`); in the suite it is every fourth, which takes a quarter of the time.
"""

from functools import cache

import pytest

from .conftest import Judge
from .made_bundles import Ledger, Members, described

pytestmark = pytest.mark.usefixtures("fast_signatures")
SEALED = ["entries.jsonl", "checkpoints.jsonl"]
STEP = 4
BESIDE = ["manifest.json", "anchors.jsonl", "cards.jsonl", "keys.txt"]


@cache
def smallest() -> Members:
    ledger = Ledger()
    ledger.write(pk="1", actor={"id": "person:7", "name": ledger.card("Ada")})
    ledger.seal()
    ledger.anchor()
    return ledger.export()


def changed(name: str, at: int) -> Members:
    data = bytearray(smallest()[name])
    data[at] ^= 1
    return {**smallest(), name: bytes(data)}


@pytest.mark.parametrize("name", BESIDE)
def test_every_changed_byte_is_found(judge: Judge, name: str) -> None:
    for at in range(0, len(smallest()[name]), STEP):
        assert judge(changed(name, at))["status"] in (1, 2, 5), at


@pytest.mark.parametrize("name", SEALED)
def test_every_changed_byte_of_what_is_sealed_is_found_even_if_the_manifest_fits(judge: Judge, name: str) -> None:
    for at in range(0, len(smallest()[name]), STEP):
        assert judge(described(changed(name, at)))["status"] != 0, at


@pytest.mark.parametrize("name", SEALED + BESIDE)
def test_every_cut_of_a_member_is_found(judge: Judge, name: str) -> None:
    for length in range(0, len(smallest()[name]), 7 * STEP):
        assert judge({**smallest(), name: smallest()[name][:length]})["status"] in (1, 2), length
