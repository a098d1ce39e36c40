"""Honest ledgers, whatever happened to them, are never called anything but honest."""

import random
from datetime import timedelta

import pytest

from .conftest import Judge
from .made_bundles import Ledger, Members, Signer

pytestmark = pytest.mark.usefixtures("fast_signatures")
WITNESS = Signer("w", "witness.example", 4)
HISTORIES = 300
# Roots are computed anew at each checkpoint, so long histories are few.
LENGTHS = [*range(1, 20)] * 14 + [31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 258, 300]


def write(ledger: Ledger, chance: random.Random) -> None:
    late = timedelta(seconds=chance.choice([0, 0, 0, 0, 100, 400, 100_000]))
    ledger.now += timedelta(seconds=chance.choice([0, 0, 1, 30, 90_000]))
    fields = {}
    if late:
        now = ledger.now + timedelta(seconds=1)
        fields = {"rec": f"{now:%Y-%m-%dT%H:%M:%S.%f}Z", "ts": f"{now - late:%Y-%m-%dT%H:%M:%S.%f}Z"}
    if chance.random() < 0.2:
        fields["details"] = {
            "name": ledger.card(f"name {ledger.made}"),
            "text": 'é\u2028"\\\n\x00\x7f"type":"ledger.restored"',
            "n": -(2**53) + 1,
        }
    ledger.write(pk=chance.choice([None, "1", "2", "3"]), **fields)


def seal(ledger: Ledger, chance: random.Random) -> None:
    if ledger.notes and ledger.notes[-1][1] == len(ledger.leaves):
        return
    ledger.now += timedelta(microseconds=chance.choice([0, 1, 1_000_000]))
    ledger.seal()
    if chance.random() < 0.5:
        ledger.anchor(chance.choice(["file", "syslog", "rfc3161"]), chance.choice(["here", "there"]))
    if chance.random() < 0.3:
        ledger.witness(WITNESS)


def rotate(ledger: Ledger, chance: random.Random) -> None:
    ledger.rotate(f"key {ledger.made}")


def restore(ledger: Ledger, chance: random.Random) -> None:
    """A restore that lost nothing that was ever sealed."""
    if ledger.notes and ledger.signing == 1 and not ledger.gone:
        size = chance.randint(ledger.notes[-1][1], len(ledger.leaves))
        ledger.restore(size, lost_to=size)
        seal(ledger, chance)


def remove(ledger: Ledger, chance: random.Random) -> None:
    first = chance.randrange(len(ledger.leaves)) if ledger.leaves else 0
    last = min(first + chance.randrange(4), len(ledger.leaves) - 1)
    if ledger.leaves and not any(
        b'"type":"ledger.' in entry or b'"type":"retention.' in entry for entry in ledger.entries[first : last + 1]
    ):
        ledger.remove((first, last))


def history(seed: int) -> tuple[Ledger, Members]:
    chance, ledger = random.Random(seed), Ledger()
    for _ in range(LENGTHS[seed % len(LENGTHS)]):
        step = chance.choices([write, seal, rotate, restore, remove], [20, 4, 1, 1, 1])[0]
        step(ledger, chance)
    if chance.random() < 0.4:
        governing = (b'"type":"ledger.', b'"type":"retention.')
        free = [index for index, entry in enumerate(ledger.entries) if not any(mark in entry for mark in governing)]
        left_out = {index for index in free if chance.random() < 0.8}
        return ledger, ledger.export({"from": None, "to": None, "object": "some"}, left_out)
    return ledger, ledger.export()


@pytest.mark.parametrize("part", range(6))
def test_no_honest_history_raises_an_alarm(judge: Judge, part: int) -> None:
    for seed in range(part, HISTORIES, 6):
        ledger, members = history(seed)
        key = ledger.keys[seed % len(ledger.keys)].vkey
        deep = judge(members, "--key", key, "--key", WITNESS.vkey)
        assert deep["findings"] == [], seed
        if seed % 5 == 0:
            quick = judge(members, "--quick")
            assert quick["findings"] == [], seed
            assert quick["entries"]["total"] == deep["entries"]["total"] == len(ledger.leaves)


def test_the_same_object_in_two_orders_of_time_is_honest_if_its_numbers_are_in_order(judge: Judge) -> None:
    """Transactions end in another order than they begin in; numbers follow the order of the ledger."""
    ledger = Ledger()
    ledger.write(pk="1")
    ledger.now -= timedelta(seconds=5)
    ledger.write(pk="1")
    ledger.now += timedelta(seconds=10)
    assert judge(ledger.export())["word"] == "sound"
