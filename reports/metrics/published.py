"""The published definitions as a page: `python -m reports.metrics.published > docs/metrics.md`."""

from .definitions import COVERAGE, METRICS, Metric, definition_of

_HEAD = """# What the figures mean

Written from the docstrings in `reports/metrics/definitions.py` by `python -m reports.metrics.published`; a test fails when the two
differ. The same words stand in every pack. Population: incidents opened in the period, by UTC, its start included, its end excluded.
An incident's values are those of its last record unless the definition says otherwise.
"""


def as_markdown() -> str:
    """The whole page, ending with a line break."""
    return "\n".join((_HEAD, *_part("Figures", METRICS), *_part("What the figures leave out", COVERAGE))).rstrip("\n") + "\n"


def _part(title: str, metrics: tuple[Metric, ...]) -> list[str]:
    lines = [f"## {title}", ""]
    for function, name, unit in metrics:
        lines += [f"### {name}", "", f"`{function.__name__}`, in {unit}.", "", definition_of(function), ""]
    return lines


if __name__ == "__main__":
    print(as_markdown(), end="")  # noqa: T201
