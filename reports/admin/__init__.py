"""The door of reports in the admin: packs that were built, and building one; dashboards.

Writes: nothing itself; it calls reports.packs and reports.dashboards.
Reads: packs, prepared figures, and the incidents behind them.
Never: changes or removes the record of a pack.
"""

from . import dashboards, packs

__all__ = ["dashboards", "packs"]
