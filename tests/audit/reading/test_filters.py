"""Filters: read from an address, kept as JSON, told in words, tried on an event."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.reading.describing import Names, chips, sentence
from audit.reading.filters import Facts, Filters, as_json, as_query, from_json, matches, parse
from audit.reading.terms import hour_terms, number, question, spans
from audit.reading.tokens import words_asked, words_of
from portal.foundation.errors import InvalidInput

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FULL = Filters(
    person=("-", "7"),
    type=("escalation.*", "threshold.changed"),
    kind=("policies.threshold",),
    object=("incidents.incident:12",),
    channel=("web",),
    outcome=("refused",),
    request="ab12",
    text="INC-000012 Zahlung für Ana",
    since=AT,
    until=AT + timedelta(days=1),
    routine=True,
)


def lists(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def facts(**given: Any) -> Facts:
    words = frozenset(given.pop("words", ()))
    of = {"at": AT, "type": "incident.noted", "person": "7", "kind": "incidents.incident", "key": "12", "channel": "web", "request": "r"}
    return Facts(**{**of, **given}, words=lambda: words)


def test_what_an_address_says_comes_back_from_it_and_from_json_alike() -> None:
    assert parse(lists(as_query(FULL)), BERLIN) == FULL
    assert from_json(as_json(FULL)) == FULL
    assert (
        as_json(parse({"person": ["7", "-"]}, UTC))
        == as_json(parse({"person": ["-", "7", "7"]}, BERLIN))
        == '{"form":1,"person":["-","7"]}'
    )
    assert as_json(Filters()) == '{"form":1}'


def test_a_date_is_its_midnight_where_the_reader_is() -> None:
    read = parse({"since": ["2026-03-02"], "until": ["2026-07-02T14:05"]}, BERLIN)
    assert (read.since, read.until) == (datetime(2026, 3, 1, 23, tzinfo=UTC), datetime(2026, 7, 2, 12, 5, tzinfo=UTC))


def test_names_that_older_addresses_use_are_understood() -> None:
    assert parse({"actor_id": ["7"], "q": ["x y z1"]}, UTC) == Filters(person=("7",), text="x y z1")
    assert parse({"object_model": ["incidents.incident"], "object_pk": ["12"]}, UTC) == Filters(object=("incidents.incident:12",))


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ({"colour": ["red"]}, "colour"),
        ({"since": ["yesterday"]}, "since"),
        ({"since": ["0001-01-01"]}, "since"),
        ({"since": ["9999-12-31T23:59:59-23:59"]}, "since"),
        ({"since": ["2026-03-02"], "until": ["2026-03-02"]}, "until"),
        ({"since": ["2026-03-02", "2026-03-03"]}, "since"),
        ({"text": ["a\x00b"]}, "text"),
        ({"text": ["\ud800 word"]}, "text"),
        ({"text": ["\U0001f600 !"]}, "text"),
        ({"text": ["x" * 201]}, "text"),
        ({"text": [" ".join(f"word{n}" for n in range(13))]}, "text"),
        ({"person": ["Ana Ruiz"]}, "person"),
        ({"person": [str(n) for n in range(21)]}, "person"),
        ({"type": ["drop table;"]}, "type"),
        ({"object": ["incidents.incident"]}, "object"),
        ({"outcome": ["good"]}, "outcome"),
        ({"channel": ['web"']}, "channel"),
        ({"routine": ["yes"]}, "routine"),
    ],
)
def test_what_cannot_be_used_is_said_of_its_part(asked: dict[str, list[str]], part: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(asked, UTC)
    assert list(refused.value.fields) == [part]
    assert refused.value.fields[part][0].endswith(".")


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["person", "type", "kind", "object", "since", "until", "text", "q", "channel", "odd"]),
        st.lists(st.text(max_size=30), max_size=3),
    )
)
def test_anything_in_an_address_is_read_or_refused_in_words(asked: dict[str, list[str]]) -> None:
    with suppress(InvalidInput):
        read = parse(asked, UTC)
        assert from_json(as_json(read)) == read


def test_in_words() -> None:
    names = Names({"7": "Ana Ruiz"}, {"policies.threshold": "threshold"}, {}, lambda at: f"{at.day} {at:%B}")
    some = Filters(person=("7",), kind=("policies.threshold",), since=datetime(2026, 3, 1, tzinfo=UTC))
    assert sentence(some, names) == "By Ana Ruiz, about thresholds, since 1 March"
    assert [chip.words for chip in chips(some, names)] == ["by Ana Ruiz", "about thresholds", "since 1 March"]
    assert chips(some, names)[0].without == Filters(kind=("policies.threshold",), since=some.since)
    assert sentence(Filters(), names) == "Everything"
    assert sentence(Filters(person=("-",), type=("escalation.*",)), names) == "By the portal itself, escalation: anything"


def test_words_are_whole_and_without_case_accents_and_peoples_names() -> None:
    event = {
        "type": "incident.noted",
        "obj": {"model": "incidents.incident", "pk": "12", "repr": "INC-000012 Café fails"},
        "why": "{person:7} said: 10,000 users",
        "details": {"said": ["Straße"], "by": {"sealed": "ab" * 32}},
    }
    found = words_of(event)
    assert {"inc-000012", "inc", "cafe", "strasse", "noted", "incident", "users"} <= found
    assert not found & {"person", "7", "ab" * 32}
    assert words_asked("CAFÉ inc-000012") <= found


def test_a_filter_is_held_against_each_part_of_an_event() -> None:
    assert matches(Filters(person=("7",), type=("incident.*",), channel=("web",), text="pays"), facts(words={"pays"}))
    assert matches(Filters(person=("-",)), facts(person=""))
    for some in (
        Filters(person=("8",)),
        Filters(type=("handoff.*",)),
        Filters(text="pays"),
        Filters(outcome=("failed",)),
        Filters(until=AT),
    ):
        assert not matches(some, facts())
    beat = facts(type="ledger.heartbeat", person="")
    assert [matches(some, beat) for some in (Filters(), Filters(routine=True), Filters(type=("ledger.*",)))] == [False, True, True]


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1_704_067_200, 1_798_675_200),
    st.integers(0, 900 * 86_400),
    st.integers(-86_400, 900 * 86_400),
)
def test_what_happened_in_a_time_is_filed_under_one_of_its_spans(begin: int, lasts: int, later: int) -> None:
    """The index never leaves out what a filter of time asks for; at the edges it may promise an hour too much."""
    since = datetime.fromtimestamp(begin, UTC)
    until, at = since + timedelta(seconds=lasts), since + timedelta(seconds=later)
    held = set(map(number, spans(since, until))) & set(hour_terms(f"{at:%Y-%m-%d %H}"))
    if since <= at < until:
        assert held
    elif at < since - timedelta(hours=1) or at > until + timedelta(hours=1):
        assert not held


def test_a_long_time_is_few_spans() -> None:
    assert len(list(spans(datetime(2020, 1, 15, 7, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC)))) < 150


def test_a_question_asks_for_what_the_filters_say() -> None:
    asked = question(Filters(person=("7",), outcome=("done",)), AT, AT)
    assert asked.groups == (frozenset({number("a:7")}),)
    assert asked.never == {number("t:ledger.heartbeat"), number("o:refused"), number("o:failed")}
    assert question(Filters(), AT, AT).groups == (frozenset({number("*")}),)
