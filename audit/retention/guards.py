"""What the database refuses, whoever asks: an event or a card that goes without two people's leave, goes too early, or goes under a hold.

The tables that give this leave are guarded themselves: what was asked is not changed afterwards, and stays on record.
"""

# ruff: noqa: S608 - every part is a constant
from audit.ledger.guards import MESSAGE
from portal.foundation.database_guards import Guard

from .classes import FEWEST_MONTHS, FOR_GOOD, FOR_GOOD_BEGINNINGS
from .parts import held_things, names
from .ranges import WIDEST

CARD_MESSAGE = "Personal data goes only when two people let it go, and no hold is on it."
CARD_STAYS = "A card is never changed: it would no longer fit its events."
CARD_FORGOTTEN = "This person's data was erased; no card is kept any more."
REMOVAL_MESSAGE = "What was asked to be removed is approved by somebody else later, and stays as it was asked."
HOLD_MESSAGE = "A hold stays as it was placed until it is lifted, once, and stays on record."

YEAR_AGO = {
    "sqlite": f"datetime('now', '-{FEWEST_MONTHS} months')",
    "postgresql": f"now() - interval '{FEWEST_MONTHS} months'",
}
KEPT_FOR_GOOD = " OR ".join(
    [
        "OLD.type IN ({})".format(", ".join(f"'{name}'" for name in FOR_GOOD)),
        *(f"OLD.type LIKE '{beginning}%'" for beginning in FOR_GOOD_BEGINNINGS),
    ]
)
# A range is no wider than that, so that few are looked at.
LET_GO = """
EXISTS (SELECT 1 FROM audit_ledgerleaf l
    JOIN audit_removalrange r ON r.first > l."index" - {widest} AND r.first <= l."index" AND r.last >= l."index" AND r.done_at IS NULL
    JOIN audit_removal m ON m.id = r.removal_id
    WHERE l.event = OLD.id AND l."index" < (SELECT size FROM audit_ledgercheckpoint ORDER BY id DESC LIMIT 1)
    AND m.approved_at IS NOT NULL AND m.done_at IS NULL AND m.closed_at IS NULL
    AND (m.kind = 'erasure' OR OLD.recorded_at < {year_ago}))
"""
EVENT_HELD = """
EXISTS (SELECT 1 FROM audit_legalhold h WHERE h.lifted_at IS NULL AND h.object_model = '')
OR EXISTS (SELECT 1 FROM {held} held WHERE {names})
"""
CARD_LET_GO = """
EXISTS (SELECT 1 FROM audit_removal m
    WHERE m.kind = 'erasure' AND m.subject = OLD.subject AND m.approved_at IS NOT NULL AND m.closed_at IS NULL)
"""
# The events of a held thing and its parts need the names in them, too.
CARD_HELD = """
EXISTS (SELECT 1 FROM audit_legalhold h WHERE h.lifted_at IS NULL
    AND (h.object_model = '' OR (h.object_model = 'portal.user' AND 'person:' || h.object_pk = OLD.subject)))
OR EXISTS (SELECT 1 FROM {held} held JOIN audit_ledgerevent e ON e.object_model = held.model AND e.object_pk = held.pk
    WHERE e.payload LIKE '%' || OLD.token || '%')
"""


def _refused(vendor: str) -> str:
    """When an event may not be deleted."""
    held = EVENT_HELD.format(held=held_things(vendor), names=names("OLD"))
    return f"{KEPT_FOR_GOOD} OR NOT {LET_GO.format(year_ago=YEAR_AGO[vendor], widest=WIDEST)} OR {held}"


def _card_refused(vendor: str) -> str:
    """When a card may not be deleted."""
    return f"NOT {CARD_LET_GO} OR {CARD_HELD.format(held=held_things(vendor))}"


def _changed(*columns: str) -> str:
    """That one of these columns, none of which may be empty, is another now."""
    return " OR ".join(f"NEW.{column} <> OLD.{column}" for column in columns)


def _there(table: str) -> str:
    """That SQLite's INSERT OR REPLACE would write over a row."""
    return f"EXISTS (SELECT 1 FROM {table} kept WHERE kept.id = NEW.id)"


EVENT_NO_DELETE = Guard(
    "audit_event_no_delete",
    "audit_ledgerevent",
    "DELETE",
    MESSAGE,
    when=_refused("sqlite"),
    on_postgresql=_refused("postgresql"),
    truncate=True,
)

_ASKED = _changed("id", "kind", "subject", "reason", "asked_at", "asked_by_id", "entries", "digest")
_BEGUN = "NEW.approved_at IS NOT NULL OR NEW.approved_by_id IS NOT NULL OR NEW.done_at IS NOT NULL OR NEW.closed_at IS NOT NULL"
_LIFTED = "NEW.lifted_at IS NOT NULL OR NEW.lifted_by_id IS NOT NULL"
_DECIDED = "EXISTS (SELECT 1 FROM audit_removal m WHERE m.id = NEW.removal_id AND (m.approved_at IS NOT NULL OR m.closed_at IS NOT NULL))"

CARDS = (
    Guard("audit_card_no_update", "audit_personalcard", "UPDATE", CARD_STAYS),
    Guard(
        "audit_card_no_delete",
        "audit_personalcard",
        "DELETE",
        CARD_MESSAGE,
        when=_card_refused("sqlite"),
        on_postgresql=_card_refused("postgresql"),
        truncate=True,
    ),
    Guard(
        "audit_card_not_of_forgotten",
        "audit_personalcard",
        "INSERT",
        CARD_FORGOTTEN,
        when="EXISTS (SELECT 1 FROM audit_forgottensubject f WHERE f.subject = NEW.subject)",
    ),
)
REMOVALS = (
    Guard("audit_removal_no_delete", "audit_removal", "DELETE", REMOVAL_MESSAGE, truncate=True),
    Guard(
        "audit_removal_is_asked_first",
        "audit_removal",
        "INSERT",
        REMOVAL_MESSAGE,
        when=f"{_BEGUN} OR {_there('audit_removal')}",
        on_postgresql=_BEGUN,
    ),
    Guard(
        "audit_removal_stays_as_asked",
        "audit_removal",
        "UPDATE",
        REMOVAL_MESSAGE,
        when=f"{_ASKED} OR OLD.done_at IS NOT NULL OR OLD.closed_at IS NOT NULL OR "
        "(OLD.approved_at IS NOT NULL AND (NEW.approved_at IS NULL OR NEW.approved_at <> OLD.approved_at "
        "OR NEW.approved_by_id IS NULL OR NEW.approved_by_id <> OLD.approved_by_id))",
    ),
    Guard("audit_removalrange_no_delete", "audit_removalrange", "DELETE", REMOVAL_MESSAGE, truncate=True),
    Guard(
        "audit_removalrange_before_approval",
        "audit_removalrange",
        "INSERT",
        REMOVAL_MESSAGE,
        when=f"NEW.done_at IS NOT NULL OR {_DECIDED} OR {_there('audit_removalrange')}",
        on_postgresql=f"NEW.done_at IS NOT NULL OR {_DECIDED}",
    ),
    Guard(
        "audit_removalrange_stays",
        "audit_removalrange",
        "UPDATE",
        REMOVAL_MESSAGE,
        when=f"{_changed('id', 'removal_id', 'first', 'last')} OR OLD.done_at IS NOT NULL",
    ),
)
HOLDS = (
    Guard("audit_legalhold_no_delete", "audit_legalhold", "DELETE", HOLD_MESSAGE, truncate=True),
    Guard(
        "audit_legalhold_is_placed_first",
        "audit_legalhold",
        "INSERT",
        HOLD_MESSAGE,
        when=f"{_LIFTED} OR {_there('audit_legalhold')}",
        on_postgresql=_LIFTED,
    ),
    Guard(
        "audit_legalhold_stays",
        "audit_legalhold",
        "UPDATE",
        HOLD_MESSAGE,
        when=f"{_changed('id', 'reason', 'object_model', 'object_pk', 'placed_at', 'placed_by_id')} OR OLD.lifted_at IS NOT NULL",
    ),
)
# Forgetting somebody is not taken back: their cards would come again.
FORGOTTEN = (
    Guard("audit_forgotten_no_update", "audit_forgottensubject", "UPDATE", CARD_FORGOTTEN),
    Guard("audit_forgotten_no_delete", "audit_forgottensubject", "DELETE", CARD_FORGOTTEN, truncate=True),
)
GUARDS = (EVENT_NO_DELETE, *CARDS, *REMOVALS, *HOLDS, *FORGOTTEN)
