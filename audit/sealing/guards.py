"""What the database refuses, whoever asks: no leaf, tile, checkpoint or epoch is ever changed, removed or written over."""

# ruff: noqa: S608 - every part is a constant
from portal.foundation.database_guards import Guard

MESSAGE = "The ledger's tree is only ever added to."
# What makes a row of each table the same row, for SQLite's INSERT OR REPLACE.
TABLES = {
    "leaf": ("audit_ledgerleaf", 'kept."index" = NEW."index" OR kept.event = NEW.event'),
    "tile": ("audit_ledgertile", "kept.id = NEW.id OR (kept.level = NEW.level AND kept.number = NEW.number)"),
    "checkpoint": ("audit_ledgercheckpoint", "kept.id = NEW.id OR (kept.epoch = NEW.epoch AND kept.size = NEW.size)"),
    "epoch": ("audit_ledgerepoch", "kept.number = NEW.number OR kept.origin = NEW.origin"),
}


def _never(name: str, table: str, same: str) -> tuple[Guard, ...]:
    return (
        Guard(f"audit_{name}_no_update", table, "UPDATE", MESSAGE),
        Guard(f"audit_{name}_no_delete", table, "DELETE", MESSAGE, truncate=True),
        # Only SQLite replaces without asking the two above; in the tree a row that is there already loses by its key, with the same error.
        Guard(
            f"audit_{name}_no_replace",
            table,
            "INSERT",
            MESSAGE,
            when=f"EXISTS (SELECT 1 FROM {table} kept WHERE {same})",
            on_postgresql="false",
        ),
    )


GROWING_ONLY = tuple(guard for name, (table, same) in TABLES.items() for guard in _never(name, table, same))
