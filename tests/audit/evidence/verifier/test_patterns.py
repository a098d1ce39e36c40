"""What looks like an earlier entry is not parsed. It is judged as if it were: the same findings at the same places."""

from collections.abc import Callable

import pytest

from audit.evidence.verifier import verify
from tests.audit.evidence.odd_entries import ODD_ENTRIES

from .conftest import Judge
from .made_bundles import Ledger, Members, canonical, packed

pytestmark = pytest.mark.usefixtures("fast_signatures")


def members(odd: Callable[[bytes, bytes], bytes]) -> Members:
    """Six entries of one kind, of which the fifth is odd; the first three stand before a checkpoint."""
    ledger = Ledger()
    for number in range(6):
        event = ledger.write(pk="1", why="über alles", details={"note": 'a "word"\n', "of": [1, None, True]})
        if number == 4:
            ledger.leaves.pop()
            ledger.put(odd(canonical(event), ledger.entries.pop()))
        if number == 2:
            ledger.seal()
    return ledger.export()


def test_every_odd_entry_is_judged_as_if_it_were_parsed(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    bundles = [(name, packed(members(odd), 0)) for name, odd in ODD_ENTRIES[::3]]
    quickly = [judge(bundle) for _, bundle in bundles]
    monkeypatch.setattr(verify, "clear", lambda _, lines: [b""] * len(lines))
    for (name, bundle), verdict in zip(bundles, quickly, strict=True):
        assert verdict == judge(bundle), name


def test_honest_entries_are_parsed_once_a_kind(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    parse = verify.parse_canonical

    def noted(line: bytes) -> object:
        parsed.append(line)
        return parse(line)

    monkeypatch.setattr(verify, "parse_canonical", noted)
    assert judge(members(lambda entry, _: entry))["word"] == "sound"
    assert sum(b"incident.noted" in line for line in parsed) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"why":"', b'"why":"\\u0041'),
        (b'"why":"', b'"why":"\\/'),
        (b'"why":"', b'"why":"\x01'),
        (b'"why":"', b'"why":"\xff'),
        (b'"why":"', b'"why":"\xed\xa0\x80'),
        (b'"why":', b'"why": '),
        (b'{"note"', b'{"note\\n":1,"note"'),
        (b'"of":[1', b'"of":[01'),
        (b'"of":[1', b'"of":[-0'),
        (b'"of":[1', b'"of":[1.0'),
        (b'"of":[1', b'"of":[9007199254740992'),
        (b'"pk":"1"', b'"pk":""'),
        (b'"seq":5', b'"seq":05'),
        (b'"seq":5', b'"seq":4294967296'),
        (b'"v":2', b'"v":1'),
        (b'"v":2', b'"v":20'),
        (b'"ts":"2026-03-02T09', b'"ts":"2026-02-30T09'),
        (b'"ts":"2026-03-02T09', b'"ts":"2026-03-02T24'),
        (b'"ts":"2026-03-02T09', b'"ts":"2026-03-02T08'),
        (b'"ts":"2026-03-02T09', b'"ts":"2026-03-02T10'),
        (b'-7', b'-4'),
    ],
)  # fmt: skip
def test_a_form_that_is_not_canonical_is_no_earlier_one(judge: Judge, old: bytes, new: bytes) -> None:
    verdict = judge(members(lambda entry, _: entry.replace(old, new, 1)))
    assert (verdict["word"], verdict["findings"][0]["first"]) == ("tampered", 4)


def test_a_bundle_of_many_pieces_is_read_on_until_it_cannot_be(judge: Judge) -> None:
    ledger = Ledger()
    for number in range(1500):
        ledger.write(pk=str(number % 7), why="x" * 500)
        if number % 400 == 7:
            ledger.seal()
    bundle = ledger.export()
    assert len(bundle["entries.jsonl"]) > 4 * verify.CHUNK
    assert judge(bundle)["word"] == "sound"
    lines = bundle["entries.jsonl"].splitlines(keepends=True)
    lines[1200] = b'{"other":1}\n'
    verdict = judge({**bundle, "entries.jsonl": b"".join(lines)})
    assert {1200, 808} <= {finding["first"] for finding in verdict["findings"]}
    cut = judge({**bundle, "entries.jsonl": b"".join(lines[:1300]) + b"["})
    assert [finding["first"] for finding in cut["findings"] if "to its end" in finding["text"]] == [1300]
