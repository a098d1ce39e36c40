"""The door of reports in the admin: packs that were built, and building one; frozen figures; dashboards; quarterly reviews.

Writes: nothing itself; it calls reports.packs, reports.dashboards and reports.quarterly.
Reads: packs, prepared figures, and the incidents behind them.
Never: changes or removes the record of a pack.
"""

from . import dashboards, frozen, packs, quarterly, quarterly_actions

__all__ = ["dashboards", "frozen", "packs", "quarterly", "quarterly_actions"]
