"""How a table's columns share the width of a page: no word may reach into its neighbour, and long texts get the room that is left. Pure."""

from dataclasses import dataclass, replace

# A4 less its margins, in points.
PAGE = 481.9
# Font size and the space at each side of a cell, in points; the first at which every word has room is taken.
SIZES = ((8.0, 4.0), (7.5, 3.5), (7.0, 3.0), (6.5, 2.5))
# A wide table of so few rows is turned: its columns become rows.
FEW_ROWS = 5
# The template lets longer words break anywhere; a text asks for no more than three lines of a page.
LONGEST_WORD, LONGEST_TEXT = 24, 240
# Of the font's size: the width of letters in Noto Sans, a little generous, and how much wider its bold is.
_NARROW, _WIDE = frozenset(" ijlI.,:;'|!()[]"), frozenset("mwMW%@")
_LETTER, _CAPITAL, _BOLD = 0.57, 0.68, 1.07


@dataclass(frozen=True, slots=True)
class Texts:
    """A table as texts; `numbers` says of which columns the texts are numbers, which stay on one line."""

    headings: tuple[str, ...]
    numbers: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """What is set: the texts, turned or not, the size of their font and the space around them, and a width for each column, in points."""

    texts: Texts
    size: float
    inset: float
    widths: tuple[float, ...]


def laid_out(texts: Texts) -> Layout:
    """`texts` in the largest size in which every word has room; turned when there is none and the rows are few."""
    for size, inset in SIZES:
        if sum(least(texts, size, inset)) <= PAGE:
            return Layout(texts, size, inset, _widths(texts, size, inset))
    if len(texts.rows) <= FEW_ROWS < len(texts.headings):
        return laid_out(turned(texts))
    return Layout(texts, size, inset, _widths(texts, size, inset))


def turned(texts: Texts) -> Texts:
    """Its first column becomes the heading, and each other column a row."""
    first, *others = texts.headings
    rows = tuple((title, *(row[place] for row in texts.rows)) for place, title in enumerate(others, start=1))
    return replace(texts, headings=(first, *(row[0] for row in texts.rows)), numbers=(False, *(True for _ in texts.rows)), rows=rows)


def least(texts: Texts, size: float, inset: float) -> list[float]:
    """What each column needs: its longest word, or its longest number."""
    return [
        2 * inset + size * max(_longest_word(heading, bold=True), max((_unbroken(row[place], number) for row in texts.rows), default=0.0))
        for place, (heading, number) in enumerate(zip(texts.headings, texts.numbers, strict=True))
    ]


def width_of(text: str, *, bold: bool = False) -> float:
    """About how wide `text` is, in font sizes."""
    return sum(map(_width_of_letter, text)) * (_BOLD if bold else 1.0)


def _width_of_letter(letter: str) -> float:
    if letter in _NARROW:
        return 0.32
    if letter in _WIDE:
        return 0.94
    if letter >= "\u1100":
        return 1.0
    return _CAPITAL if letter.isupper() else _LETTER


def _longest_word(text: str, *, bold: bool = False) -> float:
    return max((width_of(word[:LONGEST_WORD], bold=bold) for word in text.split(" ")), default=0.0)


def _unbroken(text: str, number: bool) -> float:
    return width_of(text) if number else _longest_word(text)


def _widths(texts: Texts, size: float, inset: float) -> tuple[float, ...]:
    """What each needs; of the rest each gets a part by how much longer its longest text is, and what is still left in equal proportion."""
    needed = least(texts, size, inset)
    wanted = []
    for place, least_of_it in enumerate(needed):
        longest = max((width_of(row[place][:LONGEST_TEXT]) for row in texts.rows), default=0.0)
        wanted.append(max(0.0, 2 * inset + size * longest - least_of_it))
    rest, asked = PAGE - sum(needed), sum(wanted)
    part = min(1.0, max(0.0, rest) / asked) if asked else 0.0
    widths = [least_of_it + part * more for least_of_it, more in zip(needed, wanted, strict=True)]
    scale = PAGE / sum(widths)
    return tuple(round(width * scale, 2) for width in widths)
