"""Events that tell of no changed row: somebody came, was refused, or read something."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

from audit.ledger.models import LedgerEvent
from audit.ledger.services import append

from .services import Act, as_event
from .unwritable import or_nothing

AN_HOUR = timedelta(hours=1)


def tell(verb: str, *, actor: Any, now: datetime, subject: models.Model | None = None, why: str = "", **details: Any) -> None:
    """Writes one event by itself. Details that are empty are left out."""
    told = {name: value for name, value in details.items() if value not in (None, "", 0)}
    with or_nothing(), transaction.atomic():
        append(as_event(Act(verb, actor, subject, now, why, told)), now=now)


def tell_reading(verb: str, *, actor: Any, now: datetime, subject: models.Model) -> None:
    """That `actor` read `subject`, whose details are for few: once an hour. Must succeed before it is shown."""
    of_it = LedgerEvent.objects.filter(object_model=subject._meta.label_lower, object_pk=str(subject.pk), type=verb)
    if not of_it.filter(actor_id=str(actor.pk), recorded_at__gt=now - AN_HOUR).exists():
        tell(verb, actor=actor, now=now, subject=subject)


def tell_search(verb: str, *, actor: Any, now: datetime, asked: Mapping[str, str]) -> None:
    """That `actor` searched, and for what: names of fields and what was entered."""
    tell(verb, actor=actor, now=now, asked={name[:60]: value[:200] for name, value in sorted(asked.items()) if value})
