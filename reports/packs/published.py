"""Every figure's published definition as a page: `python -m reports.packs.published > docs/metrics.md`."""

from collections.abc import Callable
from typing import Any

from reports.metrics.published import as_markdown as of_metrics
from reports.metrics.published import defined_in

_DASHBOARDS = """## Dashboards

Dashboards show the figures of the first two parts, and those of the escalations on the technical track, for the parts and quarters that somebody chooses: by the same functions, so with these definitions.
"""


def as_markdown() -> str:
    """The whole page, ending with a line break."""
    # Rooms that read tables: they are loaded where the portal is set up.
    from reports.accountability.definitions import MEASURES as OF_PERSONS
    from reports.accountability.team_definitions import MEASURES as OF_TEAMS
    from reports.conformance.published import RULES
    from reports.conformance.values import CONFUSION
    from reports.patterns.chapter import HOW
    from reports.patterns.measures import MEASURES as PATTERNS

    from .learning import MEASURES as LEARNED
    from .satisfaction import MEASURES as HEARD

    rules = [(kind, rule, (rule, kind.words, "deviations")) for kind, rule in RULES.items()]
    parts: tuple[tuple[str, list[tuple[Callable[..., Any], str, str]]], ...] = (
        ("Conformance", [defined for kind, _, defined in rules if kind not in CONFUSION]),
        ("Signs of role confusion", [defined for kind, _, defined in rules if kind in CONFUSION]),
        ("What stands out", [(each.of, each.title, each.cases) for each in PATTERNS]),
        ("Learning", list(LEARNED)),
        ("Feedback", list(HEARD)),
        ("Accountability of persons", list(OF_PERSONS)),
        ("Accountability of teams", [(each.function, each.title, each.unit) for each in OF_TEAMS]),
    )
    told = {title: "\n".join(defined_in(title, defined)) for title, defined in parts}
    told["What stands out"] = told["What stands out"].replace("## What stands out\n", f"## What stands out\n\n{HOW.text}\n", 1)
    return "\n".join((of_metrics(), _DASHBOARDS, *told.values())).rstrip("\n") + "\n"


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
    django.setup()
    print(as_markdown(), end="")  # noqa: T201
