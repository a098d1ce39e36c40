"""The benchmarks' figures of both databases as a table and a drawing for a page.

    python benchmarks/figures.py FILE.json ... [--page docs/performance.md] [--plot docs/images/performance.svg] [--curves docs/images/lateness.svg]

The files are what `--json` of bench_engine.py, bench_delivery.py and bench_burst.py wrote. The table goes between the page's two marks, which
are put at its end where it has none; without a page it is printed. The plot shows how much of each limit was used, the curves how late how
many were.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- figures: made by benchmarks/figures.py -->", "<!-- end of figures -->"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
COLOURS = {"sqlite": "#c2571a", "postgresql": "#1b6ac9"}
WIDTH, LEFT, BAR, GAP = 820, 400, 10, 16
# A bar this long is twice its limit; what is longer ends there.
MOST = 2.0
# Figures of promises by their name, and then, database by database, what was measured.
Table = dict[str, dict[str, Mapping[str, Any]]]


def main() -> int:
    options = arguments()
    found = [json.loads(Path(name).read_text()) for name in options.files]
    table = together(found)
    text = "\n".join(rows(table))
    if options.page:
        write_between_the_marks(Path(options.page), text)
    else:
        print(text)
    if options.plot:
        Path(options.plot).write_text(bars(table))
    if options.curves:
        Path(options.curves).write_text(curves(found))
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The benchmarks' figures as a table and a drawing.")
    parser.add_argument("files", nargs="+", help="what --json wrote")
    parser.add_argument("--page", help="put the table into this page, instead of printing it")
    parser.add_argument("--plot", help="draw there, as SVG, how much of each limit was used")
    parser.add_argument("--curves", help="draw there, as SVG, how late how many were")
    return parser.parse_args()


def together(found: list[dict[str, Any]]) -> Table:
    """The last figure of each name and database."""
    table: Table = {}
    for one in found:
        for name, figure in one["results"].items():
            table.setdefault(name, {})[one["database"]] = figure
    return table


def rows(table: Table) -> Iterator[str]:
    """What a limit was set for; the rest stands in the files."""
    yield "| what was measured | " + " | ".join(NAMES.values()) + " | limit | kept |"
    yield "| --- | " + "---: | " * len(NAMES) + "--- | --- |"
    for name, figures in table.items():
        if not limits(figures):
            continue
        told = " | ".join(value(figures[database]) if database in figures else "" for database in NAMES)
        yield f"| {name} | {told} | {limits(figures)} | {kept(figures)} |"


def value(figure: Mapping[str, Any]) -> str:
    return f"{figure['value']:,.2f} {figure['unit']}".strip()


def limits(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The limit, or each database's where they differ."""
    said = {
        NAMES[database]: f"{round(one['limit'], 1):,g} {one['unit']}".strip()
        for database, one in figures.items()
        if one["limit"] is not None
    }
    the_same = len(set(said.values())) == 1 and len(said) == len(figures)
    return next(iter(said.values())) if the_same else ", ".join(f"{name} {limit}" for name, limit in said.items())


def kept(figures: Mapping[str, Mapping[str, Any]]) -> str:
    limited = {database: one["kept"] for database, one in figures.items() if one["limit"] is not None}
    missed = [NAMES[database] for database, good in limited.items() if not good]
    return "" if not limited else f"no: {', '.join(missed)}" if missed else "yes"


def write_between_the_marks(page: Path, text: str) -> None:
    before = page.read_text() if page.exists() else "# Performance\n"
    head, _, rest = before.partition(BEGIN)
    page.write_text(f"{head.rstrip()}\n\n{BEGIN}\n{text}\n{END}\n{rest.partition(END)[2].lstrip(chr(10))}")


def used(figure: Mapping[str, Any]) -> float | None:
    """How much of its limit a figure takes, 1 being all of it, whether it is the most or the least; None where nothing is allowed, or no limit."""
    limit, measured = figure["limit"], figure["value"]
    if not limit or not measured:
        return None
    is_least = figure["kept"] is (measured >= limit) and figure["kept"] is not (measured <= limit)
    return float(limit / measured if is_least else measured / limit)


def bars(table: Table) -> str:
    """A bar for every figure that has a limit, which is a line."""
    limited = {name: figures for name, figures in table.items() if any(used(one) is not None for one in figures.values())}
    height = 40 + len(limited) * (GAP + BAR * len(NAMES))
    scale = (WIDTH - LEFT - 70) / MOST
    parts = [*opened(WIDTH, height), *legend()]
    top = 34
    for name, figures in limited.items():
        parts.append(f'<text x="{LEFT - 8}" y="{top + BAR + 4}" text-anchor="end">{escape(name)}</text>')
        for database, figure in figures.items():
            share = used(figure) or 0.0
            long = max(1.0, min(share, MOST) * scale)
            parts.append(f'<rect x="{LEFT}" y="{top}" width="{long:.0f}" height="{BAR - 1}" fill="{COLOURS[database]}"/>')
            parts.append(f'<text x="{LEFT + long + 4:.0f}" y="{top + BAR - 1}" font-size="10">{escape(value(figure))}</text>')
            top += BAR
        top += GAP
    limit = LEFT + scale
    parts.append(f'<line x1="{limit:.0f}" y1="26" x2="{limit:.0f}" y2="{height - 6}" stroke="#333" stroke-dasharray="4 3"/>')
    parts.append(f'<text x="{limit:.0f}" y="20" text-anchor="middle">limit</text>')
    return "\n".join([*parts, "</svg>", ""])


def curves(found: list[dict[str, Any]]) -> str:
    """The share of steps or messages that were done within so many seconds, a line for each crowd and database; the rest is too quick to tell apart."""
    series = {
        (name, one["database"]): values for one in found for name, values in one.get("late", {}).items() if values and "at once" in name
    }
    left, bottom, height = 60, 40, 360
    most = max([1.0, *(values[-1] for values in series.values())])
    parts = [*opened(WIDTH, height), *legend()]
    for tick in range(6):
        x, y = left + (WIDTH - left - 20) * tick / 5, height - bottom - (height - bottom - 30) * tick / 5
        parts.append(f'<text x="{x:.0f}" y="{height - 20}" text-anchor="middle">{most * tick / 5:.1f} s</text>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{tick * 20} %</text>')
        parts.append(f'<line x1="{left}" y1="{y:.0f}" x2="{WIDTH - 20}" y2="{y:.0f}" stroke="#ddd"/>')
    for place, ((name, database), values) in enumerate(series.items()):
        points = [
            (left + (WIDTH - left - 20) * late / most, height - bottom - (height - bottom - 30) * share / (len(values) - 1))
            for share, late in enumerate(values)
        ]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{COLOURS[database]}" stroke-width="1.5"><title>{escape(name)}</title></polyline>'
        )
        # One label above the other, so that lines which lie together can be told apart.
        x, y = points[len(points) * (30 + 9 * (place % 7)) // 100]
        parts.append(f'<text x="{x + 5:.0f}" y="{y:.0f}" font-size="10" fill="{COLOURS[database]}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def opened(width: int, height: int) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]


def legend() -> Iterator[str]:
    for place, (database, name) in enumerate(NAMES.items()):
        yield f'<rect x="{10 + 90 * place}" y="8" width="10" height="10" fill="{COLOURS[database]}"/>'
        yield f'<text x="{24 + 90 * place}" y="17">{name}</text>'


if __name__ == "__main__":
    sys.exit(main())
