"""What the database refuses about packs: what was frozen or finished is only ever added to, and restatements follow one another."""

# ruff: noqa: S608 - every part is a constant of this file
from portal.foundation.database_guards import Guard

FIGURES, PACK, FILE = "reports_frozenfigures", "reports_finishedpack", "reports_packfile"
_STAYS = {
    FIGURES: "Frozen figures stay as they are. Freeze a restatement with its reason.",
    PACK: "A finished pack stays as it is. Finish a restatement instead.",
    FILE: "The files of a finished pack stay as they are.",
}
_SAME_QUARTER = "kept.quarter = NEW.quarter AND COALESCE(kept.unit_id, 0) = COALESCE(NEW.unit_id, 0)"
# SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger.
_REPLACED = {
    FIGURES: f"kept.id = NEW.id OR ({_SAME_QUARTER} AND kept.number = NEW.number)",
    PACK: "kept.id = NEW.id OR kept.frozen_id = NEW.frozen_id",
    FILE: "kept.id = NEW.id OR (kept.pack_id = NEW.pack_id AND kept.name = NEW.name)",
}

GOVERNED = (
    *(Guard(f"{table}_no_update", table, "UPDATE", message) for table, message in _STAYS.items()),
    *(Guard(f"{table}_no_delete", table, "DELETE", message, truncate=True) for table, message in _STAYS.items()),
    *(
        Guard(f"{table}_no_replace", table, "INSERT", _STAYS[table], f"EXISTS (SELECT 1 FROM {table} kept WHERE {there})")
        for table, there in _REPLACED.items()
    ),
    Guard(
        "reports_frozenfigures_follow",
        FIGURES,
        "INSERT",
        "A restatement follows the figures before it: there are none with the number before.",
        f"NEW.number > 1 AND NOT EXISTS (SELECT 1 FROM {FIGURES} kept WHERE {_SAME_QUARTER} AND kept.number = NEW.number - 1)",
        only_if="NEW.number > 1",
    ),
)
