"""Putting named values into the text of a message: `{{ incident.number }}` and nothing else. No logic, no expressions, no HTML.

Which names there are stands in VARIABLES; a text that names another is refused when it is saved.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

MISSING = "–"
OPEN, CLOSE = "{{", "}}"
_BRACES = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
_NAME = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")
# Control characters and line ends in a value become blanks: a title cannot add a line of its own to somebody's message.
_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class Variable(NamedTuple):
    """What a name stands for, and what it looks like."""

    description: str
    sample: str


VARIABLES: dict[str, Variable] = {
    "incident.number": Variable("the incident's number", "INC-000123"),
    "incident.title": Variable("its title", "Card payments fail"),
    "incident.service": Variable("the service that is hit", "Card payments"),
    "incident.severity": Variable("how bad it is for users", "SEV2 major"),
    "incident.priority": Variable("the order in which it is worked", "P2 high"),
    "incident.impact": Variable("how much of the business is hit", "High"),
    "incident.urgency": Variable("how fast it must be solved", "Medium"),
    "incident.state": Variable("where it stands", "New"),
    "incident.opened_at": Variable("when it was opened, in UTC", "2 March 2026, 09:00 UTC"),
    "incident.link": Variable("where it can be read and acknowledged", "https://portal.example.com/admin/incidents/incident/123/change/"),
    "level.number": Variable("the level that is alerted", "2"),
    "level.name": Variable("what that level is called", "Payments platform, on call"),
    "person.name": Variable("who gets the message", "Ana Ruiz"),
    "policy.name": Variable("the policy that is followed", "Card payments"),
    "next.step": Variable("what happens next if nobody answers", "Level 3 in 15 min"),
}


class _Part(NamedTuple):
    """A piece of a template: text as it stands, a name between braces, or what is wrong there (`problem`)."""

    text: str = ""
    name: str = ""
    problem: str = ""


def problems_in(text: str) -> tuple[str, ...]:
    """Everything wrong with a template, a sentence each, in the order of the text; nothing when it can be rendered."""
    found = [part.problem or _unknown(part.name) for part in _parts(text)]
    return tuple(dict.fromkeys(problem for problem in found if problem))


def unknown_variables(text: str) -> tuple[str, ...]:
    """The names in `text` that stand for nothing, each once."""
    return tuple(dict.fromkeys(part.name for part in _parts(text) if part.name and part.name not in VARIABLES))


def variables_in(text: str) -> tuple[str, ...]:
    """The names that `text` uses, each once, known or not."""
    return tuple(dict.fromkeys(part.name for part in _parts(text) if part.name))


def render(text: str, values: Mapping[str, str]) -> str:
    """`text` with each name replaced by its value on one line, a dash where there is none. Never raises.

    Values are put in as they are: braces within them are no template. What cannot be read as a template stays as it was written.
    """
    return "".join(_value(values.get(part.name, "")) if part.name in VARIABLES else part.text for part in _parts(text))


def sample_values() -> dict[str, str]:
    """A value for every name, of an incident that does not exist."""
    return {name: variable.sample for name, variable in VARIABLES.items()}


def _value(value: str) -> str:
    return _UNPRINTABLE.sub(" ", value).strip() or MISSING


def _unknown(name: str) -> str:
    if not name or name in VARIABLES:
        return ""
    return f"'{name[:60]}' is not known. What can be named: {', '.join(VARIABLES)}."


def _parts(text: str) -> Iterator[_Part]:
    """The pieces of `text` from left to right; their `text` together is the text."""
    at, opened = 0, -1
    for brace in _BRACES.finditer(text):
        if opened >= 0 and brace[0] == CLOSE:
            yield _between(text[opened : brace.end()])
            at, opened = brace.end(), -1
        elif opened >= 0:
            yield _Part(text[opened : brace.start()], problem=_unclosed(text[opened:]))
            at, opened = brace.start(), brace.start() if brace[0] == OPEN else -1
        elif brace[0] == OPEN:
            yield _Part(text[at : brace.start()])
            at, opened = brace.start(), brace.start()
        elif brace[0] == CLOSE:
            yield _Part(text[at : brace.end()], problem=f"'{CLOSE}' closes nothing: a name stands between '{OPEN}' and '{CLOSE}'.")
            at = brace.end()
        else:
            yield _Part(text[at : brace.end()], problem=_logic(text[brace.start() :]))
            at = brace.end()
    yield _Part(text[at:], problem=_unclosed(text[at:]) if opened >= 0 else "")


def _between(written: str) -> _Part:
    """`written` is braces with something between them."""
    inner = written[2:-2].strip()
    if _NAME.fullmatch(inner):
        return _Part(written, name=inner)
    if not inner:
        return _Part(written, problem=f"'{written[:20]}' names nothing: write for example '{{{{ incident.number }}}}'.")
    return _Part(written, problem=_logic(written))


def _logic(written: str) -> str:
    return f"'{_UNPRINTABLE.sub(' ', written[:30])}' is not a name: a message can only name values, such as '{{{{ incident.number }}}}'."


def _unclosed(written: str) -> str:
    return f"'{_UNPRINTABLE.sub(' ', written[:30])}' is never closed: a name stands between '{OPEN}' and '{CLOSE}'."
