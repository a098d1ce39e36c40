"""What the database refuses about quarterly reviews: what was prepared stays as it was put up for signature, and what is signed is frozen."""

# ruff: noqa: S608 - every part is a constant
from portal.foundation.database_guards import Guard

from .states import BEING_PREPARED, REVIEW, ReviewState

REVIEWS, FINDING, DECISION, ACTION, SIGNATURE = (
    f"reports_quarterly{name}" for name in ("review", "finding", "decision", "action", "signature")
)
STAYS = "A quarterly review stays: what it looked at, what was decided and who signed are evidence."
IDENTITY = "A quarterly review keeps its quarter, its unit and its number."
FIGURES = "The figures of a quarterly review stand from its opening on. A correction is a restatement."
STATES = "A quarterly review is prepared, signed in order and then never changed. A correction is a restatement."
PUT_UP = "What is put up for signature does not change. Send the review back first."
PREPARED = "Findings, decisions and actions are added and changed only while their review is prepared."
AGREED = "An action stays what was agreed, and what was settled stays settled."
ORDER = "Signatures are given in order, once each, for what was put up; none is ever changed."

_STATES_OF_WORK = ", ".join(f"'{state.value}'" for state in sorted(BEING_PREPARED))


def _changed(*columns: str) -> str:
    return " OR ".join(f"NEW.{column} <> OLD.{column}" for column in columns)


def _linked_elsewhere(*columns: str) -> str:
    """The same of keys that may be empty."""
    return " OR ".join(f"COALESCE(NEW.{column}, 0) <> COALESCE(OLD.{column}, 0)" for column in columns)


def _there(table: str, or_when: str = "") -> str:
    """That SQLite's INSERT OR REPLACE would write over a row."""
    return f"EXISTS (SELECT 1 FROM {table} kept WHERE kept.id = NEW.id{or_when})"


def _review_is(row: str, states: str) -> str:
    return f"EXISTS (SELECT 1 FROM {REVIEWS} r WHERE r.id = {row}.review_id AND r.state IN ({states}))"


_ALLOWED = " OR ".join(
    f"OLD.state = '{now.value}' AND NEW.state = '{then.value}'"
    for now, after in REVIEW.items()
    for then in (*after, *((now,) if now is not ReviewState.SIGNED else ()))
)
_UNSIGNED = (
    f"NEW.state = 'signed' AND (NOT EXISTS (SELECT 1 FROM {SIGNATURE} s WHERE s.review_id = NEW.id AND s.round = NEW.round) "
    f"OR EXISTS (SELECT 1 FROM {SIGNATURE} s WHERE s.review_id = NEW.id AND s.round = NEW.round AND s.by_id IS NULL))"
)
_PINNED = f"{_changed('id', 'quarter', 'number', 'opened_at', 'unit_name', 'units', 'parts', 'reason')} OR {_linked_elsewhere('unit_id', 'restates_id', 'opened_by_id')}"
_PINNED_ON_POSTGRESQL = _PINNED.replace("NEW.units <> OLD.units", "NEW.units::text <> OLD.units::text").replace(
    "NEW.parts <> OLD.parts", "NEW.parts::text <> OLD.parts::text"
)
_FIGURES = f"OLD.state <> 'provisional' AND ({_changed('figures', 'figures_sha256', 'beside', 'known_until', 'due_at')} OR {_linked_elsewhere('frozen_id')})"
_FIGURES_ON_POSTGRESQL = _FIGURES.replace("NEW.figures <> OLD.figures", "NEW.figures::text <> OLD.figures::text").replace(
    "NEW.beside <> OLD.beside", "NEW.beside::text <> OLD.beside::text"
)
_PUT_UP = f"OLD.state = 'signing' AND NEW.state <> 'preparing' AND ({_changed('summary', 'agenda', 'manifest', 'sha256', 'round')})"
_NOT_PREPARED_OLD, _NOT_PREPARED_NEW = (f"NOT {_review_is(row, _STATES_OF_WORK)}" for row in ("OLD", "NEW"))
_OUT_OF_ORDER = f"EXISTS (SELECT 1 FROM {SIGNATURE} s WHERE s.review_id = NEW.review_id AND s.round = NEW.round AND s.position < NEW.position AND s.by_id IS NULL)"
_OTHER_CONTENT = f"NOT EXISTS (SELECT 1 FROM {REVIEWS} r WHERE r.id = NEW.review_id AND r.state = 'signing' AND r.round = NEW.round AND r.sha256 = NEW.sha256)"
_SAME_REVIEW = " OR (kept.quarter = NEW.quarter AND kept.number = NEW.number AND COALESCE(kept.unit_id, 0) = COALESCE(NEW.unit_id, 0))"
_SAME_PLACE = " OR (kept.review_id = NEW.review_id AND kept.round = NEW.round AND kept.position = NEW.position)"


def _of_the_work(table: str, *pinned: str) -> tuple[Guard, ...]:
    """Rows that come and change only while their review is prepared."""
    return (
        Guard(f"{table}_no_delete", table, "DELETE", STAYS, truncate=True),
        Guard(f"{table}_while_prepared", table, "INSERT", PREPARED, when=f"{_NOT_PREPARED_NEW} OR {_there(table)}", on_postgresql=_NOT_PREPARED_NEW),
        Guard(f"{table}_frozen", table, "UPDATE", PREPARED, when=f"{_NOT_PREPARED_OLD} OR {_changed('id', 'review_id', *pinned)}"),
    )  # fmt: skip


GUARDS = (
    Guard("reports_quarterlyreview_no_delete", REVIEWS, "DELETE", STAYS, truncate=True),
    Guard(
        "reports_quarterlyreview_begins",
        REVIEWS,
        "INSERT",
        STATES,
        when=f"NEW.state NOT IN ({_STATES_OF_WORK}) OR {_there(REVIEWS, _SAME_REVIEW)}",
        on_postgresql=f"NEW.state NOT IN ({_STATES_OF_WORK})",
    ),
    Guard("reports_quarterlyreview_keeps_identity", REVIEWS, "UPDATE", IDENTITY, when=_PINNED, on_postgresql=_PINNED_ON_POSTGRESQL),
    Guard("reports_quarterlyreview_keeps_figures", REVIEWS, "UPDATE", FIGURES, when=_FIGURES, on_postgresql=_FIGURES_ON_POSTGRESQL),
    Guard("reports_quarterlyreview_put_up", REVIEWS, "UPDATE", PUT_UP, when=_PUT_UP),
    Guard("reports_quarterlyreview_by_states", REVIEWS, "UPDATE", STATES, when=f"NOT ({_ALLOWED}) OR {_UNSIGNED}"),
    *_of_the_work(FINDING, "key", "proposed_headline", "proposed_sentence", "made_at"),
    *_of_the_work(DECISION, "question", "made_by_id", "made_at"),
    Guard("reports_quarterlyaction_no_delete", ACTION, "DELETE", STAYS, truncate=True),
    Guard("reports_quarterlyaction_while_prepared", ACTION, "INSERT", PREPARED, when=f"{_NOT_PREPARED_NEW} OR {_there(ACTION)}", on_postgresql=_NOT_PREPARED_NEW),
    Guard("reports_quarterlyaction_agreed", ACTION, "UPDATE", AGREED, when=f"OLD.state <> 'open' OR {_changed('id', 'review_id', 'title', 'made_by_id', 'made_at')} OR {_linked_elsewhere('finding_id', 'decision_id', 'feedback_id')}"),
    Guard("reports_quarterlysignature_no_delete", SIGNATURE, "DELETE", STAYS, truncate=True),
    Guard(
        "reports_quarterlysignature_asked_first",
        SIGNATURE,
        "INSERT",
        ORDER,
        when=f"NEW.by_id IS NOT NULL OR NOT {_review_is('NEW', repr('preparing'))} OR {_there(SIGNATURE, _SAME_PLACE)}",
        on_postgresql=f"NEW.by_id IS NOT NULL OR NOT {_review_is('NEW', repr('preparing'))}",
    ),
    Guard(
        "reports_quarterlysignature_in_order",
        SIGNATURE,
        "UPDATE",
        ORDER,
        when=f"OLD.by_id IS NOT NULL OR {_changed('id', 'review_id', 'round', 'position', 'title', 'role')} OR {_OUT_OF_ORDER} OR {_OTHER_CONTENT}",
    ),
)  # fmt: skip
