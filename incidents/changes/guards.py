"""What the database refuses about changes and freezes: a freeze that is declared otherwise afterwards, a change whose times are told anew."""

# Every constant here is SQL that both databases read alike.
# ruff: noqa: S608
from collections.abc import Iterable

from portal.foundation.database_guards import Guard

FREEZE, FROZEN = "incidents_changefreeze", "incidents_changefreeze_services"
CHANGE, TOUCHED = "incidents_changerequest", "incidents_changerequest_services"
STAYS = "A freeze stays as it was declared. Lift it, or declare another one."
LIFTED = "A freeze that was lifted stays as it is."
BEGAN = "A change that began keeps its number, what it touches, its plan and its start."
OVER = "The end of a change stays as it was told."
APPROVED = "An emergency approval stays as it was given."
REQUESTED = "Who requested a change stays on record."


def _differ(names: Iterable[str]) -> str:
    """SQL: whether any of these columns changes, empty ones included."""
    return " OR ".join(
        f"OLD.{name} <> NEW.{name} OR (OLD.{name} IS NULL AND NEW.{name} IS NOT NULL) OR (OLD.{name} IS NOT NULL AND NEW.{name} IS NULL)"
        for name in names
    )


DECLARED = (
    *("id", "covers", "services_told", "unit_id", "begins_at", "ends_at", "reason", "incident_id"),
    *("declared_by_id", "declared_at"),
)
LIFTING = ("lifted_by_id", "lifted_at", "lift_reason")
BEGINNING = (
    "id",
    "number",
    "source_system",
    "planned_start",
    "planned_end",
    "requested_by_id",
    "started_at",
    "start_told_at",
    "start_reason",
)
APPROVAL = ("requested_by_id", "approved_by_id", "approved_at", "approval_reason", "kind")


def _touches(row: str) -> str:
    """SQL: whether the change that `row` of the joins belongs to began."""
    return f"EXISTS (SELECT 1 FROM {CHANGE} told WHERE told.id = {row}.changerequest_id AND told.started_at IS NOT NULL)"


GOVERNED = (
    Guard("change_freeze_stays", FREEZE, "UPDATE", STAYS, _differ(DECLARED)),
    Guard("change_freeze_lifted_once", FREEZE, "UPDATE", LIFTED, f"OLD.lifted_at IS NOT NULL AND ({_differ(LIFTING)})"),
    Guard("change_freeze_no_delete", FREEZE, "DELETE", STAYS, truncate=True),
    # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger.
    Guard("change_freeze_no_replace", FREEZE, "INSERT", STAYS, f"EXISTS (SELECT 1 FROM {FREEZE} kept WHERE kept.id = NEW.id)"),
    Guard(
        "change_freeze_takes_no_more_services",
        FROZEN,
        "INSERT",
        STAYS,
        f"(SELECT COUNT(*) FROM {FROZEN} other WHERE other.changefreeze_id = NEW.changefreeze_id) >= "
        f"(SELECT told.services_told FROM {FREEZE} told WHERE told.id = NEW.changefreeze_id)",
    ),
    Guard("change_freeze_keeps_services", FROZEN, "DELETE", STAYS, truncate=True),
    Guard("change_freeze_exchanges_no_services", FROZEN, "UPDATE", STAYS),
    Guard("change_that_began_stays", CHANGE, "UPDATE", BEGAN, f"OLD.started_at IS NOT NULL AND ({_differ(BEGINNING)})"),
    Guard("change_that_ended_stays", CHANGE, "UPDATE", OVER, f"OLD.ended_at IS NOT NULL AND ({_differ(('ended_at',))})"),
    Guard("change_approval_stays", CHANGE, "UPDATE", APPROVED, f"OLD.approved_at IS NOT NULL AND ({_differ(APPROVAL)})"),
    Guard("change_requester_stays", CHANGE, "UPDATE", REQUESTED, f"OLD.requested_by_id IS NOT NULL AND ({_differ(('requested_by_id',))})"),
    Guard(
        "change_that_began_no_delete", CHANGE, "DELETE", BEGAN, "OLD.started_at IS NOT NULL OR OLD.approved_at IS NOT NULL", truncate=True
    ),
    Guard(
        "change_that_began_no_replace",
        CHANGE,
        "INSERT",
        BEGAN,
        f"EXISTS (SELECT 1 FROM {CHANGE} kept WHERE (kept.id = NEW.id OR kept.number = NEW.number) "
        "AND (kept.started_at IS NOT NULL OR kept.approved_at IS NOT NULL))",
        on_postgresql="false",
    ),
    Guard("change_that_began_touches_no_more", TOUCHED, "INSERT", BEGAN, _touches("NEW")),
    Guard("change_that_began_touches_no_less", TOUCHED, "DELETE", BEGAN, _touches("OLD"), truncate=True),
    Guard("change_that_began_touches_no_other", TOUCHED, "UPDATE", BEGAN, f"{_touches('OLD')} OR {_touches('NEW')}"),
)
