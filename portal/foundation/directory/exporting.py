"""People as the CMDB reads them, and what changed here since it was last told: written to the drop, sent over HTTP, tried again."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.foundation.access.checks import require
from portal.foundation.adminkit.frame import frames
from portal.foundation.errors import DeliveryFailed
from portal.foundation.outbound_http import post_json

from .columns import Entry
from .differences import NOTHING
from .known import Person, load
from .masking import fingerprint
from .models import DirectoryEntry, DirectoryExport
from .services import RIGHT, TO
from .writing import as_csv, as_data, as_json

ROWS_AT_ONCE = 500
FORMATS = {"csv": as_csv, "json": as_json}


def export_people(format_name: str, *, actor: Any, now: datetime, reason: str = "") -> bytes:
    """Everybody as a CSV or JSON file, as an event of the trail. Addresses that may hold tokens stay here."""
    require(actor, RIGHT, to=TO)
    with frames["act"]("directory.exported", actor=actor, now=now, why=reason) as running:
        people = [person.as_entry() for person in load(now).people.values()]
        content = FORMATS[format_name](people)
        running.details |= {"people": len(people), "format": format_name, "sha256": hashlib.sha256(content).hexdigest()}
    return content


def send_changes(*, now: datetime) -> DirectoryExport | None:
    """Hands people who changed here to every outlet that is set; None when there is nothing to send or nowhere to send it.

    A person counts as sent only when every outlet took them: what failed goes out with the next call, so receivers may see a repeat.
    """
    if not (settings.DIRECTORY_DROP or settings.DIRECTORY_URL):
        return None
    changed = [(person, mark) for person in load(now).people.values() if (mark := _to_send(person))]
    if not changed:
        return None
    people = [person.as_entry() for person, _ in changed]
    content = as_json(people)
    sha256 = hashlib.sha256(content).hexdigest()
    problem = _hand_over(people, content, sha256, now)
    with frames["act"]("directory.sent" if not problem else "directory.not_sent", actor=None, now=now) as running:
        if not problem:
            _remember(changed)
        running.subject = export = DirectoryExport.objects.create(
            started_at=now, succeeded=not problem, people=len(people), sha256=sha256, detail=problem or "taken"
        )
        running.details |= {"people": len(people), "sha256": sha256, **({"problem": problem} if problem else {})}
    return export


def _to_send(person: Person) -> str:
    """The fingerprint of what the CMDB does not know yet of this person; empty when there is nothing."""
    stated = person.stated()
    differs = person.agreed.keys() != stated.keys() and any(
        stated.get(name, NOTHING).mark != person.agreed.get(name, NOTHING).mark for name in {*stated, *person.agreed}
    )
    differs = differs or any(value.mark != stated.get(name, NOTHING).mark for name, value in person.agreed.items())
    if not differs and not person.sent_mark:
        return ""
    mark = fingerprint(person.username, *(f"{name}={value.mark}" for name, value in sorted(stated.items())))
    return "" if mark == person.sent_mark else mark


def _hand_over(people: Sequence[Entry], content: bytes, sha256: str, now: datetime) -> str:
    """Gives the changes to the outlets; what went wrong, in words without any address."""
    try:
        if settings.DIRECTORY_DROP:
            write_whole(Path(settings.DIRECTORY_DROP) / "out" / f"people-{now:%Y%m%dT%H%M%SZ}-{sha256[:8]}.json", content)
        if settings.DIRECTORY_URL:
            token = settings.DIRECTORY_TOKEN
            headers = {"Idempotency-Key": sha256, **({"Authorization": f"Bearer {token}"} if token else {})}
            post_json(settings.DIRECTORY_URL, as_data(people), headers=headers)
    except OSError as error:
        return f"The folder 'out' of the drop cannot be written: {error.strerror or 'unknown reason'}."
    except DeliveryFailed as error:
        return error.message[:500]
    return ""


def _remember(changed: Sequence[tuple[Person, str]]) -> None:
    rows = [DirectoryEntry(person_id=person.key, sent_mark=mark) for person, mark in changed]
    DirectoryEntry.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person"], update_fields=["sent_mark"], batch_size=ROWS_AT_ONCE
    )


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file in one step, readable by its owner and group only. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        Path(temporary).chmod(0o640)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
