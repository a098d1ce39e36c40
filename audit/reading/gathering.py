"""The sets of one block out of stored events: what they have in common is put together once for all, words one by one. Pure."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from .bitmaps import FEW, bitmap, packed, packed_few, place_of, unpacked
from .facts import channel_of
from .terms import deed_terms, hour_terms, text_terms, word_terms
from .tokens import MOST, texts_of, words_of

# Of a stored event: its number, its hour in UTC as '2026-03-01 14', payload, type, actor and kind of thing.
Row = tuple[int, str, str, str, str, str | None]
# A posting: term, block, how many, and the set as it is stored.
Posting = tuple[int, int, int, bytes]


class Gathered:
    """What is to be filed in one block."""

    def __init__(self, block: int) -> None:
        self.block = block
        self._alike: dict[tuple[str, str, str, str, str], list[int]] = defaultdict(list)
        self._words: dict[int, list[int]] = defaultdict(list)

    def add(self, rows: Iterable[Row]) -> None:
        """Takes in events of this block."""
        alike, words = self._alike, self._words
        for number, hour, payload, event_type, actor, kind in rows:
            place = place_of(number)
            alike[hour, event_type, actor, kind or "", channel_of(payload)].append(place)
            for term in _terms(payload):
                words[term].append(place)

    def terms(self) -> set[int]:
        """All that anything is filed under."""
        return self._words.keys() | {term for key in self._alike for term in _terms_alike(key)}

    def postings(self, before: Mapping[int, bytes]) -> Iterator[Posting]:
        """The sets as they are to be stored, where `before` are those that the block has under these terms."""
        sets: dict[int, int] = defaultdict(int)
        for key, places in self._alike.items():
            held = bitmap(places)
            for term in _terms_alike(key):
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


def _terms_alike(key: tuple[str, str, str, str, str]) -> tuple[int, ...]:
    hour, *deed = key
    return hour_terms(hour) + deed_terms(*deed)


def _terms(payload: str) -> Iterable[int]:
    """The terms of an event's words; some twice."""
    content = json.loads(payload)
    if not isinstance(content, dict):
        return ()
    found = [text_terms(text) for text in texts_of(content)]
    if sum(map(len, found)) > MOST:
        return word_terms(words_of(content))
    return [term for terms in found for term in terms]
