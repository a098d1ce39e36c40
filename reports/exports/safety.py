"""Text that is only ever text: what other people wrote must not become a formula or break a file."""

import re

from portal.foundation.spreadsheet_cells import never_a_formula, storable

__all__ = ["isolated", "never_a_formula", "printable", "storable"]

# Characters that reorder or hide what stands around them.
_DECEPTIVE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# From a letter that is written from right to left to the last one before other letters, brackets or commas.
_LEFTWARDS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_NAME_LEFTWARDS = re.compile(f"[{_LEFTWARDS}]+(?:[ 0-9._/'\"-]+[{_LEFTWARDS}]+)*")


def isolated(text: str) -> str:
    """`text` in which names written from right to left keep to themselves: what follows them stays behind them."""
    return _NAME_LEFTWARDS.sub("\u2068\\g<0>\u2069", text)


def printable(text: str, glyphs: frozenset[int]) -> str:
    """`text` as the typesetter can set it: on one line, nothing deceptive, and '□' for what no font (`glyphs`) can show."""
    line = " ".join(_DECEPTIVE.sub("", storable(text)).split())
    return "".join(character if ord(character) in glyphs else "\N{WHITE SQUARE}" for character in line)
