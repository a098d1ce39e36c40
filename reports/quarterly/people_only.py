"""What every verb here asks first: a person with the right, and words that can be kept."""

from collections.abc import Mapping
from typing import Any

from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput, NotAllowed
from portal.foundation.words import visible

PREPARE, DECIDE, SIGN, VIEW = (f"reports.{verb}_quarterlyreview" for verb in ("prepare", "decide", "sign", "view"))
LINE, TEXT = 200, 4_000


def require_person(actor: Any, permission: str, subject: Any = None, *, to: str) -> None:
    """As `require`, but that the portal itself (None) is refused, too."""
    if actor is None:
        raise NotAllowed(f"A person has to {to}.")
    require(actor, permission, subject, to=to)


def words_of(field: str, text: str, *, ask: str, longest: int = TEXT) -> str:
    """`text` without blanks around it. Raises InvalidInput with `ask` when nothing is left, or for what cannot be kept."""
    words = visible(text)
    if problem := ask if not words else problem_with(words, longest):
        raise InvalidInput(problem, {field: [problem]})
    return words


def problem_with(text: str, longest: int = TEXT) -> str:
    """What is wrong with it, in words; empty when nothing is."""
    if len(text) > longest:
        return f"Use at most {longest:,} characters; these are {len(text):,}."
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "It holds half of a character. Type it anew."
    return "It holds a character that no text has. Type it anew." if "\x00" in text else ""


def refuse(problems: Mapping[str, str], *, what: str) -> None:
    """Raises InvalidInput when there are any, by field."""
    found = {name: [words] for name, words in problems.items() if words}
    if found:
        raise InvalidInput(what, found)
