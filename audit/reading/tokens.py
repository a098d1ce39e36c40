"""The words of a text as they are looked for: whole words, whatever their case and accents, numbers with hyphens as one. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Word characters, held together by single hyphens, dots, or what stands in addresses: 'INC-000012', '2.5', 'card-payments'.
_WORD = re.compile(r"\w+(?:[-.@/:]\w+)*")
_PART = re.compile(r"\w+")
# What stands for a person's name is no word: people are found by the filter of people, whose names can be erased.
_PERSON = re.compile(r"\{person:[^}]*\}")
SHORTEST, LONGEST, MOST = 2, 60, 80
COMMITMENT = "sealed"


def words_asked(text: str) -> frozenset[str]:
    """The words that somebody looks for. What is put together, such as 'INC-000012', is one."""
    return frozenset(_whole(text))


def words_of(content: Mapping[str, Any]) -> frozenset[str]:
    """The words by which an event is found: its type, what it is about, why, and what it tells in text. Nothing that is sealed.

    What is put together is found as a whole and by its parts. `content` as it is stored; of very long texts the first words.
    """
    found: set[str] = set()
    for word in _words(_texts(content)):
        found.add(word)
        if len(found) == MOST:
            break
    return frozenset(found)


def _texts(content: Mapping[str, Any]) -> Iterator[str]:
    yield str(content.get("type", "")).replace(".", " ").replace("_", " ")
    subject = content.get("obj")
    rows = [subject] if isinstance(subject, dict) else []
    changes = content.get("changes")
    rows += [row for row in changes if isinstance(row, dict)] if isinstance(changes, list) else []
    for row in rows:
        if isinstance(row.get("repr"), str):
            yield row["repr"]
    if isinstance(content.get("why"), str):
        yield content["why"]
    yield from _leaves([content.get("details"), content.get("decision")])


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        if not (len(value) == 1 and COMMITMENT in value):
            for item in value.values():
                yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)


def _words(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for whole in _whole(text):
            yield whole
            parts = _PART.findall(whole)
            if len(parts) > 1:
                # Figures out of a number say nothing by themselves, and there are as many as numbers.
                yield from (part for part in parts if len(part) >= SHORTEST and not part.isdecimal())


def _whole(text: str) -> Iterator[str]:
    for found in _WORD.findall(_plain(text)):
        if _is_word(found):
            yield found


def _is_word(text: str) -> bool:
    """Single letters say nothing; single figures do."""
    return SHORTEST <= len(text) <= LONGEST or (len(text) == 1 and text.isdecimal())


def _plain(text: str) -> str:
    if "{person:" in text:
        text = _PERSON.sub(" ", text)
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))
