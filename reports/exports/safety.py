"""Text that is only ever text: what other people wrote must not become a formula or break a file."""

import re

from portal.foundation.spreadsheet_cells import never_a_formula, storable

__all__ = ["never_a_formula", "printable", "storable"]

# Characters that reorder or hide what stands around them.
_DECEPTIVE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def printable(text: str, glyphs: frozenset[int]) -> str:
    """`text` as the typesetter can set it: on one line, nothing deceptive, and '□' for what the font (`glyphs`) cannot show."""
    line = " ".join(_DECEPTIVE.sub("", storable(text)).split())
    return "".join(character if ord(character) in glyphs else "\N{WHITE SQUARE}" for character in line)
