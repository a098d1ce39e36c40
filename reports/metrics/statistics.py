"""Mean and percentiles, written out so that an auditor can read them."""

from collections.abc import Sequence
from math import floor, fsum
from typing import Any

DECIMALS = 3


def mean(values: Sequence[float]) -> float | None:
    """The arithmetic mean, summed exactly, so that the order of the values cannot change it. None without values."""
    return fsum(values) / len(values) if values else None


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which `share` (0 to 1) of `ordered` (ascending) lie, by linear interpolation between the two nearest.

    The position is (n - 1) * share, as in NumPy's default and in spreadsheets' PERCENTILE.INC. None without values.
    """
    if not ordered:
        return None
    position = (len(ordered) - 1) * share
    below = floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def spread(values: Sequence[float]) -> dict[str, Any]:
    """{"count", "mean", "p50", "p90", "p95"} of `values`, in their unit, rounded to 3 decimals; nulls when there are none."""
    ordered = sorted(values)
    return {
        "count": len(ordered),
        "mean": _rounded(mean(ordered)),
        "p50": _rounded(percentile(ordered, 0.5)),
        "p90": _rounded(percentile(ordered, 0.9)),
        "p95": _rounded(percentile(ordered, 0.95)),
    }


def share_of(part: int, whole: int) -> float | None:
    """`part` as a percentage of `whole`, rounded to 3 decimals; None of nothing."""
    return _rounded(100 * part / whole) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)
