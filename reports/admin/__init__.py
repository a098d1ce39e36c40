"""The door of reports in the admin: packs that were built, building one, and their schedules; frozen figures; dashboards; quarterly reviews.

Writes: nothing itself; it calls reports.packs, reports.schedules, reports.dashboards and reports.quarterly.
Reads: packs, prepared figures, and the incidents behind them.
Never: changes or removes the record of a pack.
"""

from . import dashboards, frozen, pack_schedules, packs, quarterly, quarterly_actions

__all__ = ["dashboards", "frozen", "pack_schedules", "packs", "quarterly", "quarterly_actions"]
