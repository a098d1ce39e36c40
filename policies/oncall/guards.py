"""What the database refuses about duty, whoever asks and by whatever road: the past of a schedule stays as it was."""

# ruff: noqa: S608
from portal.foundation.database_guards import Guard

PLAN, LAYER = "policies_scheduleplan", "policies_rotalayer"
SWAP = "policies_dutyswap"
PUBLISHED = "A published plan cannot be changed; draft a new one."
ONLY_ENDED = "What was made stays as it was; it can only be ended, once."


def _differs(*columns: str) -> str:
    """SQL: whether one of `columns`, which may be null, is not the same before and after."""
    return "(" + " OR ".join(f"(OLD.{c} <> NEW.{c} OR (OLD.{c} IS NULL) <> (NEW.{c} IS NULL))" for c in columns) + ")"


def _plans() -> tuple[Guard, ...]:
    frozen = _differs(
        *("time_zone", "holiday_calendar_id", "effective_from", "reason", "author_id", "published_by_id", "published_at", "content")
    )
    return (
        Guard("schedule_plan_starts_as_draft", PLAN, "INSERT", "A plan starts as a draft.", "NEW.state <> 'draft'"),
        # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger.
        Guard(
            "schedule_plan_no_replace",
            PLAN,
            "INSERT",
            "There is such a plan already.",
            f"EXISTS (SELECT 1 FROM {PLAN} kept WHERE kept.id = NEW.id OR "
            "(kept.schedule_id = NEW.schedule_id AND kept.number = NEW.number))",
        ),
        Guard(
            "schedule_plan_keeps_identity",
            PLAN,
            "UPDATE",
            "A plan keeps its schedule and number.",
            _differs("id", "schedule_id", "number"),
        ),
        # The constraint says so too; UPDATE OR REPLACE would make room by deleting the plan that stands there.
        Guard(
            "schedule_plan_one_per_start",
            PLAN,
            "UPDATE",
            "Another plan of this schedule begins at the same instant.",
            f"NEW.state = 'published' AND EXISTS (SELECT 1 FROM {PLAN} kept WHERE kept.id <> NEW.id AND kept.state = 'published' AND "
            "kept.schedule_id = NEW.schedule_id AND kept.effective_from = NEW.effective_from)",
        ),
        Guard(
            "schedule_plan_frozen",
            PLAN,
            "UPDATE",
            PUBLISHED,
            f"OLD.state <> 'draft' AND (OLD.state = 'withdrawn' OR NEW.state = 'draft' OR {frozen})",
        ),
        Guard(
            "schedule_plan_published_with_people",
            PLAN,
            "UPDATE",
            "Every layer of a published plan has somebody in it, and there is at least one.",
            f"OLD.state = 'draft' AND NEW.state = 'published' AND (NOT EXISTS (SELECT 1 FROM {LAYER} l WHERE l.plan_id = NEW.id) OR "
            f"EXISTS (SELECT 1 FROM {LAYER} l WHERE l.plan_id = NEW.id AND NOT EXISTS "
            "(SELECT 1 FROM policies_layermember m WHERE m.layer_id = l.id)))",
        ),
        Guard("schedule_plan_kept", PLAN, "DELETE", PUBLISHED, "OLD.state <> 'draft'", truncate=True),
    )


def _content(table: str, name: str, plan: str) -> tuple[Guard, ...]:
    """Layers and what hangs on them change while their plan is a draft. `plan` finds the plan's key from {row}."""

    def settled(row: str) -> str:
        return f"EXISTS (SELECT 1 FROM {PLAN} p WHERE p.state <> 'draft' AND p.id = {plan.format(row=row)})"

    replaced = f"EXISTS (SELECT 1 FROM {table} kept WHERE kept.id = NEW.id)"
    return (
        Guard(f"{name}_added_to_drafts", table, "INSERT", PUBLISHED, f"{settled('NEW')} OR {replaced}"),
        Guard(f"{name}_changed_in_drafts", table, "UPDATE", PUBLISHED, f"OLD.id <> NEW.id OR {settled('OLD')} OR {settled('NEW')}"),
        Guard(f"{name}_removed_from_drafts", table, "DELETE", PUBLISHED, settled("OLD"), truncate=True),
    )


def _only_ended(table: str, name: str, *columns: str) -> tuple[Guard, ...]:
    fixed = _differs("id", "starts_at", "ends_at", "made_at", "person_id", *columns)
    ended = f"(OLD.ended_at IS NOT NULL AND {_differs('ended_at')})"
    return (
        Guard(f"{name}_only_ended", table, "UPDATE", ONLY_ENDED, f"{fixed} OR {ended}"),
        Guard(f"{name}_kept", table, "DELETE", ONLY_ENDED, truncate=True),
        # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger.
        Guard(f"{name}_no_replace", table, "INSERT", ONLY_ENDED, f"EXISTS (SELECT 1 FROM {table} kept WHERE kept.id = NEW.id)"),
    )


def _swaps() -> tuple[Guard, ...]:
    settled = "A swap that was answered stays as it was."
    return (
        Guard("duty_swap_starts_asked", SWAP, "INSERT", "A swap starts as a question.", "NEW.state <> 'asked'"),
        Guard("duty_swap_no_replace", SWAP, "INSERT", settled, f"EXISTS (SELECT 1 FROM {SWAP} kept WHERE kept.id = NEW.id)"),
        Guard("duty_swap_settled", SWAP, "UPDATE", settled, f"OLD.state <> 'asked' OR {_asked_otherwise()}"),
        Guard("duty_swap_kept", SWAP, "DELETE", settled, truncate=True),
        Guard(
            "oncall_override_of_a_swap_both_accepted",
            "policies_oncalloverride",
            "INSERT",
            "Shifts change hands once both people have accepted.",
            f"NEW.kind <> 'override' AND NOT EXISTS (SELECT 1 FROM {SWAP} s WHERE s.id = NEW.swap_id AND s.state = 'accepted')",
        ),
    )


def _asked_otherwise() -> str:
    """SQL: whether what is asked is not what was asked. An answer once given stays, and only what was accepted by both is accepted."""
    given = " OR ".join(f"(OLD.{c} IS NOT NULL AND {_differs(c)})" for c in ("giver_accepted_at", "taker_accepted_at"))
    asked = _differs(
        *("id", "schedule_id", "giver_id", "taker_id", "gives_from", "gives_until", "returns_from", "returns_until", "asked_at"),
        "asked_by_id",
    )
    return f"{asked} OR {given}"


_OF_LAYER = f"(SELECT l.plan_id FROM {LAYER} l WHERE l.id = {{row}}.layer_id)"

GOVERNED: tuple[Guard, ...] = (
    *_plans(),
    *_content(LAYER, "rota_layer", "{row}.plan_id"),
    *_content("policies_layermember", "layer_member", _OF_LAYER),
    *_content("policies_layerwindow", "layer_window", _OF_LAYER),
    *_only_ended("policies_oncalloverride", "oncall_override", "schedule_id", "kind", "reason", "swap_id", "instead_of_id", "made_by_id"),
    *_only_ended("policies_dutyabsence", "duty_absence", "kind", "source_id", "made_by_id"),
    *_only_ended("policies_importedduty", "imported_duty", "schedule_id", "source_id", "priority"),
    *_swaps(),
)
