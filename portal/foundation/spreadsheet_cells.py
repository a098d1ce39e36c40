"""Text in files that spreadsheets open: what other people wrote must not become a formula or break the file. Pure."""

import re

# What makes a spreadsheet program read a cell as a formula, the full-width and small forms included; see OWASP, 'CSV injection'. Characters
# that nobody sees count as blanks before it, because some programs drop them when they open a file.
_UNSEEN = "\\s\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_FORMULA = re.compile(f"[{_UNSEEN}]*[=+\\-@＝＋－＠﹦﹢﹣﹫]|[\t\r\n]")
# Control characters that no spreadsheet can hold, and halves of surrogate pairs that UTF-8 cannot.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with what a file format cannot hold replaced by U+FFFD."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def never_a_formula(text: str) -> str:
    """`text` for a format without types, such as CSV: an apostrophe in front of what a spreadsheet would calculate.

    Only for text: a negative number is written as a number, elsewhere.
    """
    safe = storable(text)
    return f"'{safe}" if _FORMULA.match(safe) else safe
