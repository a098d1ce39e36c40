"""Files of the CMDB: both formats say the same, and a hostile one is refused with its line."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.foundation.directory.cells import harmless_cell, plain_cell
from portal.foundation.directory.columns import Contact, Entry, Unreadable
from portal.foundation.directory.reading import read
from portal.foundation.directory.writing import as_csv, as_json

HEADER = "username,name,active,time_zone,manager,skills,contact_1_channel,contact_1_label,contact_1_address"
ROW = 'ana,Ana Ruiz,yes,Europe/Madrid,tom,"databases, cards",sms,mobile,+34600123456'
ANA = Entry(
    "line 2",
    username="ana",
    values={"name": "Ana Ruiz", "active": "yes", "time_zone": "Europe/Madrid", "manager": "tom", "skills": "databases, cards"},
    contacts={1: Contact("sms", "mobile", "+34600123456")},
)


def refused(content: str | bytes) -> str:
    with pytest.raises(Unreadable) as error:
        read(content.encode() if isinstance(content, str) else content)
    return str(error.value)


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_commas_and_semicolons_with_and_without_a_byte_order_mark_are_read_alike(start: str, separator: str) -> None:
    rows = [line.replace(", ", "§").replace(",", separator).replace("§", ", ") for line in (HEADER, ROW)]
    assert read((start + "\r\n".join(rows)).encode()) == [ANA]


def test_json_says_the_same_as_csv() -> None:
    ana = {**ANA.values, "username": "ana", "active": True, "skills": ["databases", "cards"]}
    points = [{"channel": "sms", "label": "mobile", "address": "+34600123456"}]
    (read_ana,) = read(json.dumps({"people": [{**ana, "contact_points": points}]}).encode())
    assert (read_ana.values, read_ana.contacts[1]) == (ANA.values, ANA.contacts[1])


def test_a_json_list_of_contact_points_is_whole_and_a_csv_file_speaks_of_its_columns() -> None:
    (without,) = read(b'[{"username": "ana", "contact_points": []}]')
    assert set(without.contacts) == set(range(1, 10))
    assert set(without.contacts.values()) == {None}
    (silent,) = read(b'[{"username": "ana"}]')
    assert silent.contacts == {}
    (first,) = read((HEADER + "\nana,,,,,,,,\n").encode())
    assert first.contacts == {1: None}


def test_an_empty_cell_takes_back_a_manager_but_no_time_zone() -> None:
    (ana,) = read(b"username,time_zone,manager,name\nana,,,\n")
    assert ana.values == {"manager": ""}


def test_lines_are_those_of_the_file_empty_ones_included() -> None:
    assert "Line 4: the row has 2 cells, the header has 1" in refused("username\nana\n\nx,y\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"username\nJos\xe9\n", "Line 2: byte 0xE9 is not UTF-8"),
        ("username\n".encode("utf-16"), "UTF-16"),
        (b"username\nana\0\n", "Line 2: the file holds binary data"),
        (b"x" * 5_000_001, "larger than 5 MB"),
        ("username,is_superuser\nana,yes\n", "Line 1: unknown column 'is_superuser'"),
        ("username,name,name\nana,a,b\n", "the column name stands twice"),
        ("name\nAna\n", "nothing says who is meant"),
        ("username\n\n", "names nobody"),
        ("username,name\n,Ana\n", "Line 2: nothing says who is meant"),
        ("username\nana\nANA\n", "Line 3: the same username stands in line 2 already"),
        ("username,active\nana,perhaps\n", "Line 2: active is 'perhaps'. Write yes or no."),
        ('username,name\nana,"Ana\n', "closing quote"),
        ("username,name\nana," + "x" * 501 + "\n", "Line 2: name is longer than 500 characters"),
        ('username,name\nana,"Ana\nRuiz"\n', "Line 2: name holds a line break"),
        ("username,name\nana,Ana\u202e\n", "Line 2: name holds"),
        ("username,contact_1_address\nana,x\n", "lacks the column contact_1_channel, contact_1_label"),
        ('[{"username": "ana", "password": "x"}]', "Person 1: unknown field 'password'"),
        ('[{"username": {"$ne": 1}}]', "Person 1: username must be text"),
        ('[{"username": "ana", "username": "tom"}]', "stands twice"),
        ('[{"username": "ana", "contact_points": {"a": 1}}]', "must be a list"),
        ('[{"username": "ana", "contact_points": [{"order": 99}]}]', "number from 1 to 9"),
        ('[{"username": "ana", "contact_points": [{"order": 1}, {"order": 1}]}]', "each once"),
        ('[{"username": "ana", "contact_points": [[]]}]', "no others"),
        ('[{"username": "ana"},\n{"username": }]', "Line 2: this is not valid JSON"),
        ('[{"username": "\\ud800"}]', "Person 1: username holds"),
        ('[{"username": NaN}]', "NaN is not a JSON number"),
        ("[" * 100_000, "nested too deeply"),
        ('{"persons": []}', "neither"),
        ("[1]", "Person 1: this is no object"),
        ("[" + "1" * 10_000 + "]", "number that is too long"),
        ("username\n" + "\n".join(f"p{number}" for number in range(20_001)), "more than 20,000 people"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(content: str | bytes, said: str) -> None:
    assert said in refused(content)


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+34 600", "'+34 600"), ("+34600123456", "+34600123456"), ("'ok", "'ok")],
)
def test_a_cell_is_no_formula_and_comes_back_as_it_was(text: str, cell: str) -> None:
    assert harmless_cell(text) == cell
    assert plain_cell(cell) == text


WORDS = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf")), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)


@settings(max_examples=40, deadline=None)
@given(name=WORDS, label=WORDS)
def test_what_is_written_is_read_again(name: str, label: str) -> None:
    person = Entry(
        "", "E-1", "ana", "ana@example.org", {**ANA.values, "email": "ana@example.org", "name": name}, {2: Contact("sms", label, "+34 600")}
    )
    (from_csv,), (from_json,) = read(as_csv([person])), read(as_json([person]))
    assert from_csv.values == from_json.values | {"languages": ""} == person.values | {"languages": ""}
    assert from_csv.contacts[2] == from_json.contacts[2] == Contact("sms", label, "+34 600")


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(max_size=80).map(str.encode)
    | st.text(max_size=60).map(lambda tail: (HEADER + "\n" + tail).encode("utf-8", "replace"))
)
def test_no_bytes_bring_it_down(content: bytes) -> None:
    with suppress(Unreadable):
        read(content)


def test_an_address_with_a_token_does_not_leave_with_an_export() -> None:
    person = Entry("", username="ana", values={}, contacts={1: Contact("webhook", "bot", "https://chat.example/secret-token")})
    assert b"secret-token" not in as_csv([person]) + as_json([person])
