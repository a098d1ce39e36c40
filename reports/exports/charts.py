"""Charts as SVG: few, labelled directly, from zero, with a title and a description, and the same bytes each time.

Importing this module loads matplotlib, which takes half a second and a hundred megabytes: only for a process that draws.
"""

from collections.abc import Callable
from html import escape
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from reports.document import Figure, FigureKind, Series, shown

from .fonts import for_charts
from .palette import FAINT, INK, MUTED, TONES

WIDTH_INCHES = 6.7
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "report",
    "svg.fonttype": "path",
    "font.family": list(for_charts()),
    "font.size": 7.5,
    # A '$' in a name is a dollar, not the beginning of a formula.
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "ytick.major.pad": 8,
}


def is_empty(figure: Figure) -> bool:
    """Whether there is nothing to draw: no categories, or not one value."""
    return not figure.categories or not any(value for series in figure.series for value in series.values)


def draw(figure: Figure) -> str:
    """The chart as one SVG element whose title and description say what it shows."""
    with mpl.rc_context(_STYLE):
        canvas = _DRAWN[figure.kind](figure)
        buffer = StringIO()
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    start, end = svg.index("<svg"), svg.index(">", svg.index("<svg"))
    words = f"<title>{escape(figure.title)}</title><desc>{escape(figure.description)}</desc>"
    return f'{svg[start:end]} role="img">{words}{svg[end + 1 :]}'


def _canvas(height: float) -> Canvas:
    return Canvas(figsize=(WIDTH_INCHES, height), layout="constrained")


def _columns(figure: Figure) -> Canvas:
    canvas = _canvas(2.1)
    axes = canvas.subplots()
    _columns_on(axes, figure, figure.series[0])
    axes.set_xlabel(figure.category_label)
    return canvas


def _small_multiples(figure: Figure) -> Canvas:
    canvas = _canvas(0.82 * len(figure.series) + 0.3)
    grid = canvas.subplots(len(figure.series), 1, sharex=True, squeeze=False)
    for axes, series in zip(grid[:, 0], figure.series, strict=True):
        _columns_on(axes, figure, series)
        total = shown(sum(value or 0 for value in series.values), figure.value_kind)
        axes.set_title(f"{series.name}: {total}", loc="left", fontsize=8.5, color=TONES[series.tone], pad=9)
    grid[-1, 0].set_xlabel(figure.category_label)
    return canvas


def _columns_on(axes: Axes, figure: Figure, series: Series) -> None:
    """Each column carries its number, so the value axis is left out."""
    values = [value or 0 for value in series.values]
    bars = axes.bar(range(len(values)), values, color=TONES[series.tone], width=0.72)
    axes.bar_label(bars, [shown(value, figure.value_kind) if value else "" for value in values], padding=1.5, fontsize=6.5, color=INK)
    axes.set_ylim(0, max(max(values), 1) * 1.2)
    axes.set_yticks([])
    axes.set_xticks(range(len(values)), figure.categories)


def _bars(figure: Figure) -> Canvas:
    values = [value or 0 for value in figure.series[0].values]
    canvas = _canvas(0.24 * len(values) + 0.25)
    axes = canvas.subplots()
    bars = axes.barh(range(len(values)), values, color=TONES[figure.series[0].tone], height=0.66)
    axes.bar_label(bars, [shown(value, figure.value_kind) for value in values], padding=3, color=INK)
    axes.set_yticks(range(len(values)), [_shortened(name) for name in figure.categories], color=INK)
    axes.invert_yaxis()
    axes.set_xlim(0, max(values) * 1.08)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    return canvas


def _ranges(figure: Figure) -> Canvas:
    """From the first series (a filled dot) to the second (a ring), each with its value, the ends named on the first row."""
    near, far = figure.series
    canvas = _canvas(0.44 * len(figure.categories) + 0.45)
    axes = canvas.subplots()
    for row, (low, high) in enumerate(zip(near.values, far.values, strict=True)):
        if low is None or high is None:
            continue
        axes.plot([low, high], [row, row], color=FAINT, linewidth=3, solid_capstyle="butt", zorder=1)
        axes.plot(high, row, "o", color=TONES[far.tone], markerfacecolor="white", markersize=6, markeredgewidth=1.5, zorder=2)
        axes.plot(low, row, "o", color=TONES[near.tone], markersize=6.5, zorder=3, clip_on=False)
        text = f"{near.name} {shown(low, figure.value_kind)}, {far.name} {shown(high, figure.value_kind)}"
        axes.annotate(
            text,
            (0, row),
            xytext=(1, 7),
            textcoords="offset points",
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            zorder=1.5,
        )
    axes.set_yticks(range(len(figure.categories)), figure.categories, color=INK)
    axes.set_ylim(len(figure.categories) - 0.6, -0.75)
    _time_axis(axes, max(value or 0 for value in far.values))
    return canvas


def _time_axis(axes: Axes, highest: float) -> None:
    """From zero, marked in whole steps of the largest unit of which there are at least two; `highest` in seconds."""
    size, unit = next(((size, unit) for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")) if highest >= 2 * size), (1, "s"))
    steps = [int(step) for step in MaxNLocator(7, integer=True).tick_values(0, highest / size) if 0 <= step * size <= highest * 1.08]
    axes.set_xlim(0, highest * 1.08)
    axes.set_xticks([step * size for step in steps], [f"{step} {unit}" if step else "0" for step in steps])
    axes.grid(axis="x", color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)


def _shortened(name: str, longest: int = 48) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


_DRAWN: dict[FigureKind, Callable[[Figure], Canvas]] = {
    FigureKind.COLUMNS: _columns,
    FigureKind.SMALL_MULTIPLES: _small_multiples,
    FigureKind.BARS: _bars,
    FigureKind.RANGES: _ranges,
}
