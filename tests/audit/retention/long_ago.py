"""Events of long ago, and what must be true after some of them went."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from audit.events.services import act
from audit.evidence.bundles import export_evidence
from audit.evidence.checking import verify_ledger
from audit.evidence.selection import Selection
from audit.evidence.verifier import verify
from audit.ledger.services import append
from audit.models import LedgerEvent, LedgerLeaf
from audit.sealing.services import seal
from portal.foundation import clock

YEAR = timedelta(days=366)


def happened(
    count: int, *, years: int = 8, kind: str = "incident.noted", subject: Any = None, why: str = "", changed: Any = None
) -> list[int]:
    """That many events, recorded that many years ago and sealed now; their indexes."""
    at = clock.now() - years * YEAR
    told: dict[str, Any] = {"type": kind, "why": why} | (
        {"obj": {"model": subject[0], "pk": subject[1], "repr": subject[1]}} if subject else {}
    )
    if changed:
        told["changes"] = [{"model": changed[0], "pk": changed[1], "repr": changed[1], "kind": "changed", "before": {}, "after": {}}]
    with transaction.atomic():
        for _ in range(count):
            append(told, now=at)
    newest = LedgerEvent.objects.order_by("-pk").values_list("pk", flat=True)[:count]
    seal(clock.now())
    return sorted(LedgerLeaf.objects.filter(event__in=list(newest)).values_list("index", flat=True))


def there(indexes: list[int]) -> list[int]:
    """Those of these entries whose payload is there."""
    left = LedgerLeaf.objects.filter(index__in=indexes, event__in=LedgerEvent.objects.values("pk"))
    return sorted(left.values_list("index", flat=True))


def sound() -> None:
    """Whoever checks the ledger where it lies finds nothing wrong."""
    seal(clock.now())
    assert verify_ledger(now=clock.now()).findings == []


def verdict(folder: Path, capsys: Any) -> dict[str, Any]:
    """What the verifier that shares no code with the portal says of a bundle of everything."""
    path = folder / f"bundle-{clock.now():%H%M%S%f}.zip"
    export_evidence(path, Selection(), actor=None, now=clock.now(), wait=lambda seconds: seal(clock.now()))
    verify.main([str(path), "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def told(kind: str) -> list[dict[str, Any]]:
    """The events of this type, the oldest first."""
    payloads = LedgerEvent.objects.filter(type=kind).order_by("pk").values_list("payload", flat=True)
    return [json.loads(payload) for payload in payloads]


def acted(actor: Any, why: str = "") -> None:
    """Something that `actor` did now."""
    with act("thing.done", actor=actor, now=clock.now(), why=why):
        pass
