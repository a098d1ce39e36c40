"""Proving one event by itself."""

import base64
from dataclasses import dataclass
from datetime import datetime

from audit.events.alone import tell
from audit.ledger.models import LedgerEvent
from audit.sealing.prove import inclusion
from portal.foundation.errors import WrongState
from portal.foundation.statements import ask

# Where an event stands, and the newest checkpoint.
PLACED = """
SELECT leaf."index", newest.size, newest.note FROM (SELECT size, note FROM audit_ledgercheckpoint ORDER BY id DESC LIMIT 1) newest
LEFT JOIN audit_ledgerleaf leaf ON leaf.event = %s
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """A C2SP tlog-proof and the bytes that it is about. `index` is the entry's, `size` the tree's."""

    index: int
    size: int
    text: str
    payload: str


def prove(event: LedgerEvent) -> Proof:
    """The proof of `event` under the newest checkpoint. Two queries, whatever the length of the ledger.

    Raises WrongState while the event is not sealed yet.
    """
    index, size, note = next(iter(ask(PLACED, [event.pk])), (None, 0, ""))
    if index is None or size <= index:
        raise WrongState(f"Event {event.pk} is not sealed yet. That takes two seconds while the sealer runs; try again.")
    path = inclusion(index, size)
    head = ["c2sp.org/tlog-proof@v1", f"index {index}", *(base64.b64encode(one).decode("ascii") for one in path)]
    return Proof(index, size, "\n".join(head) + "\n\n" + note, event.payload)


def prove_at_server(event: LedgerEvent, *, now: datetime) -> Proof:
    """The same for whoever works at the server; that it was made is an event."""
    proof = prove(event)
    tell("evidence.proved", actor=None, now=now, subject=event, entry=proof.index, size=proof.size)
    return proof
