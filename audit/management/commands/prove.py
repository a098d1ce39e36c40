"""Proves one event of the audit trail by itself; see docs/ledger.md."""

import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.evidence.proofs import prove_at_server
from audit.ledger.models import LedgerEvent
from audit.sealing.keys import public_keys
from portal.foundation import clock
from portal.foundation.errors import PortalError
from portal.foundation.redaction import one_line
from portal.foundation.request_context import origin


class Command(BaseCommand):
    help = "Writes event-N.tlog-proof and event-N.json: that event N is in the signed ledger, checkable with verify.py alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("event", help="The event's number, or its id.")
        parser.add_argument("--out", default=".", metavar="FOLDER", help="Where to write the two files; here unless given.")

    def handle(self, *args: Any, event: str, out: str, **options: Any) -> None:
        folder = Path(out)
        found = _event(event)
        if found is None:
            raise CommandError(f"There is no event “{one_line(event)}”.")
        try:
            with origin("command"):
                proof = prove_at_server(found, now=clock.now())
            proof_file, payload_file = folder / f"event-{found.pk}.tlog-proof", folder / f"event-{found.pk}.json"
            payload_file.write_bytes(proof.payload.encode("utf-8"))
            proof_file.write_text(proof.text, encoding="utf-8", newline="\n")
        except PortalError as error:
            raise CommandError(one_line(error.message)) from error
        except OSError as error:
            raise CommandError(one_line(f"{out} cannot be written: {error.strerror}.")) from error
        self.stdout.write(f"{proof_file}: entry {proof.index:,} of a tree of {proof.size:,}, {len(proof.text):,} bytes.")
        self.stdout.write(f"To check it:  python3 verify.py {proof_file} --payload {payload_file} --key '{public_keys()[-1]}'")


def _event(text: str) -> LedgerEvent | None:
    if text.isdecimal() and len(text) < 19:
        return LedgerEvent.objects.filter(pk=int(text)).first()
    try:
        return LedgerEvent.objects.filter(event_id=uuid.UUID(text)).first()
    except ValueError:
        return None
