"""Two sealers at once: every event has one place, and the tree one root."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connections

from audit.models import LedgerCheckpoint, LedgerInbox
from audit.sealing import sequencing
from audit.sealing.services import seal
from tests.factories.ledger import hold_to_the_tree, write_events

ROUNDS = 12


def test_two_sealers_share_the_work_without_doubling_any(transactional_db: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencing, "BATCH", {"sqlite": 5, "postgresql": 5})
    write_events(40, now=now)
    both, errors = threading.Barrier(2), list[BaseException]()

    def sealer() -> None:
        try:
            for number in range(ROUNDS):
                both.wait(120)
                seal(now + timedelta(seconds=number))
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            errors.append(error)
            both.abort()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sealer) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        write_events(3, now=now)
    for thread in threads:
        thread.join(300)
    assert not errors
    seal(now + timedelta(minutes=1))
    assert hold_to_the_tree() >= 52
    assert LedgerInbox.objects.count() == 0
    assert LedgerCheckpoint.objects.count() >= 1
