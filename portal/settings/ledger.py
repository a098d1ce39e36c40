"""What the ledger is called, and where the keys are that sign it: outside the database, in a folder that nobody else can read."""

from django.core.exceptions import ImproperlyConfigured

from .env import text, var_dir

LEDGER_NAME = text("LEDGER_NAME", "incident-escalation-portal")
if not LEDGER_NAME.isascii() or not LEDGER_NAME.isprintable() or set(LEDGER_NAME) & set(" +") or not LEDGER_NAME or len(LEDGER_NAME) > 200:
    raise ImproperlyConfigured("LEDGER_NAME stands in every checkpoint: give up to 200 ASCII characters without a space or a '+'.")
# Made on first use with mode 0700. Whoever can read it can sign: back it up apart from the database.
LEDGER_KEYS = text("LEDGER_KEYS") or str(var_dir() / "ledger")
# Bundles that people asked for, for a week. They are copies of the trail: nobody else reads this folder either.
EVIDENCE_FOLDER = text("EVIDENCE_FOLDER") or str(var_dir() / "evidence")
# Where checkpoints are shown outside: addresses separated by spaces, see docs/operations.md, 'Anchors'. The system check looks at them.
LEDGER_ANCHORS = text("LEDGER_ANCHORS").split()
# A line for each event, outside of the database: what goes before it is sealed is missed. 'off' keeps none.
LEDGER_RECEIPTS = {"": str(var_dir() / "receipts"), "off": ""}.get(text("LEDGER_RECEIPTS"), text("LEDGER_RECEIPTS"))
