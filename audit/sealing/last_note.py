"""What was signed last, remembered beside the key: no backup of the database can take the sealer back behind it."""

import json
from dataclasses import dataclass
from datetime import datetime

from portal.foundation.errors import WrongState

from .folder import folder, read_public, write_durably
from .notes import Checkpoint

FILE = "sealed"


@dataclass(frozen=True, slots=True)
class LastNote:
    """The last checkpoint, its epoch, and the keys that signed it."""

    checkpoint: Checkpoint
    epoch: int
    keys: tuple[str, ...] = ()


def recall() -> LastNote | None:
    """None before the first checkpoint. Raises WrongState when the file cannot be read as one."""
    text = read_public(FILE)
    if text is None:
        return None
    try:
        said = json.loads(text)
        checkpoint = Checkpoint(said["origin"], said["size"], bytes.fromhex(said["root"]), datetime.fromisoformat(said["time"]))
        return LastNote(checkpoint, said["epoch"], tuple(said["keys"]))
    except (ValueError, KeyError, TypeError):
        raise WrongState(f"{folder() / FILE} cannot be read. Put it back from your backup of that folder.") from None


def remember(last: LastNote) -> None:
    """Durable when this returns."""
    said = {
        "origin": last.checkpoint.origin,
        "epoch": last.epoch,
        "size": last.checkpoint.size,
        "root": last.checkpoint.root.hex(),
        "time": last.checkpoint.at.isoformat(),
        "keys": last.keys,
    }
    write_durably(FILE, json.dumps(said) + "\n", public=True)
