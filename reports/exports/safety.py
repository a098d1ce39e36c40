"""Text that is only ever text: what other people wrote must not become a formula or break a file."""

import re

# What makes a spreadsheet program read a cell as a formula, the full-width forms included; see OWASP, 'CSV injection'.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
# Control characters that no spreadsheet can hold, and halves of surrogate pairs that UTF-8 cannot.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
# Characters that reorder or hide what stands around them.
_DECEPTIVE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def storable(text: str) -> str:
    """`text` with what a file format cannot hold replaced by U+FFFD."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def never_a_formula(text: str) -> str:
    """`text` for a format without types, such as CSV: an apostrophe in front of what a spreadsheet would calculate.

    Only for text: a negative number is written as a number, elsewhere.
    """
    safe = storable(text)
    return f"'{safe}" if _FORMULA.match(safe) else safe


def printable(text: str, glyphs: frozenset[int]) -> str:
    """`text` as the typesetter can set it: on one line, nothing deceptive, and '□' for what the font (`glyphs`) cannot show."""
    line = " ".join(_DECEPTIVE.sub("", storable(text)).split())
    return "".join(character if ord(character) in glyphs else "\N{WHITE SQUARE}" for character in line)
