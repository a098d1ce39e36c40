"""Proving one event by itself."""

import base64
from dataclasses import dataclass

from audit.ledger.models import LedgerEvent
from audit.sealing.models import LedgerCheckpoint, LedgerLeaf
from audit.sealing.prove import inclusion
from portal.foundation.errors import WrongState


@dataclass(frozen=True, slots=True)
class Proof:
    """A C2SP tlog-proof and the bytes that it is about. `index` is the entry's, `size` the tree's."""

    index: int
    size: int
    text: str
    payload: str


def prove(event: LedgerEvent) -> Proof:
    """The proof of `event` under the newest checkpoint. Some ten queries, whatever the length of the ledger.

    Raises WrongState while the event is not sealed yet.
    """
    leaf = LedgerLeaf.objects.filter(event=event.pk).first()
    last = LedgerCheckpoint.objects.order_by("-id").first()
    if leaf is None or last is None or last.size <= leaf.index:
        raise WrongState(f"Event {event.pk} is not sealed yet. That takes two seconds while the sealer runs; try again.")
    path = inclusion(leaf.index, last.size)
    head = ["c2sp.org/tlog-proof@v1", f"index {leaf.index}", *(base64.b64encode(one).decode("ascii") for one in path)]
    return Proof(leaf.index, last.size, "\n".join(head) + "\n\n" + last.note, event.payload)
