"""Cells of a CSV file that no spreadsheet runs, and the way back. Pure."""

import re

# How a spreadsheet recognises a formula, after OWASP's note on CSV injection.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*", re.ASCII)


def harmless_cell(text: str) -> str:
    """`text` with an apostrophe in front when it looks like a formula; plain numbers, such as +34600123456, stay."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text) else text


def plain_cell(cell: str) -> str:
    """What `harmless_cell` was given."""
    return cell[1:] if cell.startswith("'") and harmless_cell(cell[1:]) == cell else cell
