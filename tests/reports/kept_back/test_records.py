"""No number of a record that is too few to say comes out of the others: by subtraction, by a share, or because nothing else is left."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.accountability import definitions
from reports.accountability.definitions import Alert, Outcome, Record, Signed
from reports.accountability.wording import LINES, PARTS, TOO_FEW, parts_of

from .solving import Known

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
COUNTS = st.tuples(*[st.sampled_from((0, 0, 1, 2, 4, 5, 6, 12))] * 4)
TELLING = {"answered", "passed_on"}


def record(alerts: tuple[int, ...], given_: tuple[int, ...], reviews: tuple[int, ...], drills: tuple[int, ...]) -> Record:
    had = [Alert(NOON, NOON + timedelta(minutes=1), outcome) for outcome, count in zip(Outcome, alerts, strict=True) for _ in range(count)]
    states = [Signed(True, "signed"), Signed(False, "open"), Signed(True, "open"), Signed(True, "declined")]
    hand_offs = tuple(each for each, count in zip(states, given_, strict=True) for _ in range(count))
    kinds = ("approvals", "policy_reviews", "log_entries", "access_answers")
    return Record(alerts=tuple(had), everybody=max(1, 3 * len(had)), given=hand_offs, reviews=dict(zip(kinds, reviews, strict=True)), drills=(drills[0] + drills[1], drills[1]))  # fmt: skip


def known_from(made: Record) -> tuple[Known, dict[tuple[str, str], int]]:
    """What stands in the record; and of what is kept back, what it is."""
    known, secret = Known(), {}
    shown = {part.name: dict(zip([line[1] for line in LINES[part.name]], part.lines, strict=True)) for part in parts_of(made)}
    real = {name: getattr(definitions, name)(made) for name in PARTS}
    alerts = definitions.alerts_received(made)["count"]
    for figure, (base, names) in PARTS.items():
        whole = shown["alerts_received"]["count"] if figure == "alerts_answered" else shown[figure][base]
        total = alerts if figure == "alerts_answered" else real[figure][base]
        for name, line in [(base, whole), *((name, shown[figure][name]) for name in names)]:
            value = total if name == base else real[figure].get(name, 0)
            if line.value is not None or line.text == "none":
                known.number((figure, name), value, value)
                continue
            secret[figure, name] = value
            # One that is too few is none of the large ones; of parts of a handful that is all that is said.
            low = 0 if name != base and 0 < total < definitions.FEWEST else 1
            known.number((figure, name), low, definitions.FEWEST - 1 if line.text == TOO_FEW else 100)
        rest = {(figure, base): 1, **{(figure, name): -1 for name in names}}
        known.between(rest, 0, 0 if figure in {"alerts_answered", "reviews_done"} else 100)
    share = shown["alerts_answered"]["share"]
    if share.value is not None:
        answered, asked = real["alerts_answered"]["answered"], real["alerts_answered"]["asked"]
        known.between({("alerts_answered", "answered"): asked - answered, ("alerts_answered", "passed_on"): -answered}, 0, 0)
    return known, secret


@settings(max_examples=400, deadline=None)
@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_nothing_that_is_kept_back_is_certain(
    alerts: tuple[int, ...], given_: tuple[int, ...], reviews: tuple[int, ...], drills: tuple[int, ...]
) -> None:
    known, secret = known_from(record(alerts, given_, reviews, drills))
    for name, value in secret.items():
        low, high = known.could_be(name)
        assert low <= value <= high
        assert low < high, (name, value)


def test_the_one_that_would_come_out_takes_another_and_their_share_with_it() -> None:
    lines = {line.words: line for part in parts_of(record((10, 2, 8, 0), (0,) * 4, (0,) * 4, (0,) * 4)) for line in part.lines}
    assert lines["Alerts"].value == 20
    assert lines["Answered in time"].value == 10
    for words in ("Went on to the next person or level", "Answered by somebody else, or no longer needed"):
        assert (lines[words].value, lines[words].text) == (None, "not told")
    assert lines["Share answered, of those that needed an answer"].value is None


def test_of_a_handful_no_part_is_told() -> None:
    lines = [
        line for part in parts_of(record((0,) * 4, (0,) * 4, (1, 1, 1, 1), (0,) * 4)) if part.name == "reviews_done" for line in part.lines
    ]
    assert {line.text for line in lines} == {TOO_FEW}
