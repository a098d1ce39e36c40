"""The words of a text as they are looked for: whole words, whatever their case and accents, numbers with hyphens as one. Pure."""

import re
import unicodedata
from collections.abc import Mapping
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
    return frozenset(whole for whole in _WORD.findall(_plain(text)) if _is_word(whole))


def words_of(content: Mapping[str, Any]) -> frozenset[str]:
    """The words by which an event is found: its type, what it is about, why, and what it tells in text. Nothing that is sealed.

    What is put together is found as a whole and by its parts. `content` as it is stored; of very long texts the first words.
    """
    found: set[str] = set()
    for text in texts_of(content):
        for word in words_in(text):
            found.add(word)
            if len(found) == MOST:
                return frozenset(found)
    return frozenset(found)


def texts_of(content: Mapping[str, Any]) -> list[str]:
    """The texts of an event whose words it is found by, the first ones first."""
    found = [str(content.get("type", "")).replace(".", " ").replace("_", " ")]
    subject = content.get("obj")
    rows = [subject] if isinstance(subject, dict) else []
    changes = content.get("changes")
    rows += [row for row in changes if isinstance(row, dict)] if isinstance(changes, list) else []
    found += [row["repr"] for row in rows if isinstance(row.get("repr"), str)]
    if isinstance(content.get("why"), str):
        found.append(content["why"])
    for part in ("details", "decision"):
        if content.get(part):
            _leaves(content[part], found)
    return found


def _leaves(value: Any, found: list[str]) -> None:
    if isinstance(value, str):
        found.append(value)
    elif isinstance(value, dict):
        if not (len(value) == 1 and COMMITMENT in value):
            for item in value.values():
                _leaves(item, found)
    elif isinstance(value, list):
        for item in value:
            _leaves(item, found)


def words_in(text: str) -> tuple[str, ...]:
    """The words of one text in their order, each put-together one before its parts; some twice."""
    found: list[str] = []
    for whole in _WORD.findall(_plain(text)):
        if SHORTEST <= len(whole) <= LONGEST:
            found.append(whole)
            # Most words are no more than themselves; figures out of a number say nothing alone, and there are as many as numbers.
            if not whole.isalnum() and len(parts := _PART.findall(whole)) > 1:
                found += [part for part in parts if len(part) >= SHORTEST and not part.isdecimal()]
        elif _is_word(whole):
            found.append(whole)
    return tuple(found)


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
