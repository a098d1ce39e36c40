"""Messages about duty: each person hears once what changes for them, in their own time zone."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models

from audit.events.services import mention
from policies.decisions.rota import Change
from portal.foundation.outbox.services import queue
from portal.foundation.people.models import User

from .stretches import from_to

MOST_LINES = 20
SOON = timedelta(hours=1)


def tell(
    about: models.Model,
    people: Iterable[Any],
    *,
    kind: str,
    title: str,
    body: str,
    key: str,
    now: datetime,
    page: str = "",
    urgent: bool = False,
) -> int:
    """Queues one message to each of `people` who are active, about `about`; how many. `key` tells occasions apart."""
    link = page or page_of(about)
    told = {person.pk: person for person in people if person is not None and person.is_active}
    for person in told.values():
        queue(
            kind=kind,
            person=person,
            subject_ref=ref(about),
            title=title,
            body=body,
            link=link,
            idempotency_key=f"{kind}:{about.pk}:{key}:{person.pk}",
            now=now,
            urgent=urgent,
        )
    return len(told)


def tell_changes(
    about: models.Model, found: list[Change], *, kind: str, title: str, why: str, now: datetime, page: str = "", without: Any = None
) -> list[str]:
    """Tells everybody who gets or loses duty in `found` what changes for them; their names. `without` knows already.

    What changes within the hour cannot wait.
    """
    urgent = any(change.since < now + SOON for change in found)
    touched = {person.person_id for change in found for person in (change.before, change.after) if person is not None}
    names = []
    for person in User.objects.filter(pk__in=touched, is_active=True).order_by("pk"):
        if person == without:
            continue
        body = "\n".join((why, *duties_in_words(found, person)))
        tell(about, [person], kind=kind, title=title, body=body, key=now.isoformat(), now=now, page=page, urgent=urgent)
        names.append(str(person))
        mention(person)
    return names


def duties_in_words(found: list[Change], person: User) -> list[str]:
    """What `found` gives `person` and takes from them, a line each."""
    lines = []
    for change in found:
        when = from_to(change.since, change.until, person.time_zone)
        if change.after is not None and change.after.person_id == person.pk:
            lines.append(f"You are on duty {when}.")
        elif change.before is not None and change.before.person_id == person.pk:
            lines.append(f"You are no longer on duty {when}.")
    more = [f"And {len(lines) - MOST_LINES} more changes, which the page shows."] if len(lines) > MOST_LINES else []
    return [*lines[:MOST_LINES], *more]


def ref(about: models.Model) -> str:
    """What messages about `about` name as their subject."""
    return f"{about._meta.label_lower}:{about.pk}"


def page_of(about: models.Model) -> str:
    """The address of the page of `about`."""
    return f"{settings.PORTAL_URL}/admin/{about._meta.app_label}/{about._meta.model_name}/{about.pk}/change/"
