"""The sets of one block out of stored events: what they have in common is put together once for all, words one by one. Pure."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .bitmaps import FEW, bitmap, packed, packed_few, place_of, unpacked
from .facts import channel_of
from .masking import has_blanks, words_shown
from .terms import channel_terms, hidden_word_term, hour_terms, kind_terms, person_terms, text_terms, type_terms, word_term, word_terms
from .tokens import MOST, texts_of, words_of

# Of a stored event: its number, its hour in UTC as '2026-03-01 14', payload, type, actor and kind of thing.
Row = tuple[int, str, str, str, str, str | None]
# A posting: term, block, how many, and the set as it is stored.
Posting = tuple[int, int, int, bytes]
# What a column's values are filed under, and where in the block each of them is.
Column = tuple[Callable[[Any], tuple[int, ...]], dict[Any, list[int]]]
COLUMNS = (hour_terms, type_terms, person_terms, kind_terms, channel_terms)


class Gathered:
    """What is to be filed in one block. Objects and requests have indexes of the ledger's own."""

    def __init__(self, block: int) -> None:
        self.block = block
        self._columns: tuple[Column, ...] = tuple((terms, defaultdict(list)) for terms in COLUMNS)
        self._words: dict[int, list[int]] = defaultdict(list)

    def add(self, rows: Iterable[Row]) -> None:
        """Takes in events of this block."""
        hours, types, people, kinds, channels = (places for _, places in self._columns)
        words = self._words
        for number, hour, payload, event_type, actor, kind in rows:
            place = place_of(number)
            hours[hour].append(place)
            types[event_type].append(place)
            people[actor].append(place)
            kinds[kind].append(place)
            channels[channel_of(payload)].append(place)
            for term in _terms(payload):
                words[term].append(place)

    def terms(self) -> set[int]:
        """All that anything is filed under."""
        return self._words.keys() | {term for terms, places in self._columns for value in places for term in terms(value)}

    def postings(self, before: Mapping[int, bytes]) -> Iterator[Posting]:
        """The sets as they are to be stored, where `before` are those that the block has under these terms."""
        sets: dict[int, int] = defaultdict(int)
        for terms, by_value in self._columns:
            for value, places in by_value.items():
                held = bitmap(places)
                for term in terms(value):
                    sets[term] |= held
        for term, places in self._words.items():
            if len(places) <= FEW and term not in before and term not in sets:
                few = set(places)
                yield term, self.block, len(few), packed_few(few)
            else:
                sets[term] |= bitmap(places)
        for term, held in sets.items():
            joined = held | unpacked(before[term]) if term in before else held
            yield term, self.block, joined.bit_count(), packed(joined)


def _terms(payload: str) -> Iterable[int]:
    """The terms of an event's words; some twice."""
    content = json.loads(payload)
    if not isinstance(content, dict):
        return ()
    if has_blanks(content):
        shown = words_shown(content)
        return [word_term(word) if word in shown else hidden_word_term(word) for word in words_of(content)]
    found = [text_terms(text) for text in texts_of(content)]
    if sum(map(len, found)) > MOST:
        return word_terms(words_of(content))
    return [term for terms in found for term in terms]
