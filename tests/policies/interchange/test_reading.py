"""YAML that may be hostile: bounded, literal, and refused in words with its line."""

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.interchange.reading import DEEPEST, LARGEST_BYTES, Unreadable, parse

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

HOSTILE = {
    "an alias bomb": (BOMB, "Line 2: '*a' repeats another part"),
    "a single alias": ("a: &x 1\nb: *x", "Line 2: '*x' repeats another part"),
    "an anchor that holds itself": ("&a [*a]", "repeats another part"),
    "a field twice": ("policy: one\nlevels: []\npolicy: two", "Line 3: 'policy' stands twice"),
    "a field twice, quoted": ("policy: one\n'policy': two", "'policy' stands twice"),
    "an object of Python": ("!!python/object/apply:os.system ['true']", "Line 1: the tag"),
    "a name of Python": ("a: !!python/name:os.system", "the tag"),
    "bytes": ("a: !!binary aGVsbG8=", "the tag"),
    "a set": ("a: !!set {x}", "the tag"),
    "an own tag": ("a: !thing x", "the tag '!thing' is not taken"),
    "a number that is none": ("a: !!int soon", "'soon' is not what its tag says"),
    "a number without end": ("a: !!int " + "9" * 5_000, "is not what its tag says"),
    "two documents": ("a: 1\n---\nb: 2", "not YAML that can be read"),
    "no end": ("a: [1, 2", "not YAML that can be read"),
    "a tab": ("a:\n\t- 1", "Line 2"),
    "a control character": ("a: \x07", "characters that YAML does not allow"),
    "a NUL": ('a: "\\0"', "Line 1: a text holds a character that cannot be stored"),
    "half a pair": ('a: "\\ud800"', "cannot be stored"),
    "beyond Unicode": ('a: "\\UFFFFFFFF"', "names no character"),
    "a list as a name": ("? [a, b]\n: 1", "the name of a field must be a word"),
    "nothing": ("", "The file is empty"),
    "only a remark": ("# nothing", "The file is empty"),
    "depth": ("[" * 100_000, f"Line 1: nested more than {DEEPEST} deep"),
    "depth in blocks": ("\n".join(" " * place + "a:" for place in range(300)), f"nested more than {DEEPEST} deep"),
    "size": ("a" * (LARGEST_BYTES + 1), "larger than 256,000 bytes"),
}


@pytest.mark.parametrize(("text", "said"), HOSTILE.values(), ids=HOSTILE.keys())
def test_it_is_refused_with_its_line_and_soon(text: str, said: str) -> None:
    begun = time.process_time()
    with pytest.raises(Unreadable) as refused:
        parse(text.encode("utf-8", "surrogatepass"))
    assert said in str(refused.value)
    assert len(str(refused.value)) < 400
    assert time.process_time() - begun < 5


def test_text_in_another_encoding_is_refused_with_its_line() -> None:
    with pytest.raises(Unreadable, match="Line 2: the file is not UTF-8 text"):
        parse("policy: a\nservice: Überweisung".encode("latin-1"))
    with pytest.raises(Unreadable):
        parse("policy: a".encode("utf-16"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0:15:00", "0:15:00"),
        ("2.50", "2.50"),
        ("no", "no"),
        ("off", "off"),
        ("1e3", "1e3"),
        ("0x10", "0x10"),
        ("007", "007"),
        ("2026-01-01", "2026-01-01"),
        (".inf", ".inf"),
        ("<<", "<<"),
        ("5", 5),
        ("-5", -5),
        ("'5'", "5"),
        ("true", True),
        ("null", None),
        ("~", None),
        ("9" * 16, "9" * 16),
    ],
)
def test_nothing_is_guessed_beyond_whole_numbers_and_truth(written: str, read: object) -> None:
    value = parse(f"a: {written}".encode()).content["a"]
    assert (type(value), value) == (type(read), read)


def test_every_part_knows_its_line() -> None:
    parsed = parse(b"policy: a\nlevels:\n  - number: 1\n    targets:\n      - person: ana\n")
    assert parsed.lines[("levels", 0, "targets", 0, "person")] == 5
    assert parsed.lines[("levels",)] == 2


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.binary(max_size=80), st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,? \n\t\\0", max_size=60).map(str.encode)))
def test_whatever_comes_is_read_or_refused(raw: bytes) -> None:
    with suppress(Unreadable):
        parse(raw)
