"""The published definitions of these figures, as the first parts of the page that `reports.packs.published` writes."""

from collections.abc import Callable, Sequence
from typing import Any

from .beside_definitions import MEASURES as BESIDE
from .definitions import COVERAGE, METRICS, definition_of
from .escalation_definitions import MEASURES, OF_THE_WHOLE
from .resolution_definitions import MEASURES as OF_INCIDENTS

Defined = tuple[Callable[..., Any], str, str]

_HEAD = """# What the figures mean

Written from the docstrings of the functions that count by `python -m reports.packs.published`; a test fails when the two differ. The same words stand in every pack. Population: incidents opened in the period, by UTC, its start included, its end excluded.
An incident's values are those of its last record unless the definition says otherwise.
"""


def as_markdown() -> str:
    """These parts, ending with a line break."""
    escalated: tuple[Defined, ...] = (*MEASURES, *OF_THE_WHOLE)
    parts = (
        ("Figures", METRICS),
        ("What the figures leave out", COVERAGE),
        ("Time to resolve, frequency, recurrence", OF_INCIDENTS),
        ("Escalations by the portal, track by track", escalated),
        ("Beside the escalations", BESIDE),
    )
    return "\n".join((_HEAD, *(line for title, defined in parts for line in defined_in(title, defined)))).rstrip("\n") + "\n"


def defined_in(title: str, metrics: Sequence[Defined]) -> list[str]:
    """The lines of one part."""
    lines = [f"## {title}", ""]
    for function, name, unit in metrics:
        lines += [f"### {name}", "", f"`{function.__name__}`, in {unit}.", "", definition_of(function), ""]
    return lines


if __name__ == "__main__":
    raise SystemExit("python -m reports.packs.published > docs/metrics.md")
