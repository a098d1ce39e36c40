"""Asking that a person's data goes from the trail: the cards altogether, and of the entries that name the person in free text those chosen."""

import ipaddress
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from audit.events.alone import tell
from audit.events.naming import about_person
from audit.events.services import act
from audit.ledger.models import ForgottenSubject, LedgerEvent, PersonalCard
from audit.sealing.models import LedgerLeaf
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.people.models import ContactPoint, User
from portal.foundation.words import visible

from .classes import is_for_good
from .deciding import held_words
from .holds import hold_on_removal
from .models import Removal, RemovalRange
from .pruning import sealed_size
from .ranges import as_ranges, digest
from .rights import require_person

MOST_SHOWN, MOST_CHOSEN = 200, 1_000
# Shorter ones are in every second word.
SHORTEST = 3
# Random letters that a short name may be found in by chance.
RANDOM = re.compile(r'"sealed":"[0-9a-f]{64}"|"(?:id|request_id)":"[^"]*"')


@dataclass(frozen=True, slots=True)
class Naming:
    """An entry that names the person in clear. `stays`: it is one of those that are kept for good."""

    index: int
    event: LedgerEvent
    stays: bool


@dataclass(frozen=True, slots=True)
class Search:
    """The newest 200 entries found, the words that were looked for, how many cards there are. `more`: there are other entries."""

    words: tuple[str, ...]
    found: tuple[Naming, ...]
    cards: int
    more: bool


def look_for(user: User, *, actor: Any, now: datetime, others: Sequence[str] = ()) -> Search:
    """Where the trail names `user` in clear: by what the cards and the account say, and by `others`. Reads the whole trail once.

    That somebody looked is an event; what for is not in it.
    """
    require_person(actor, "audit.ask_removal", to="look for a person's data")
    words = words_for(user, others)
    found: list[Naming] = []
    asked = Q()
    for word in words:
        asked |= Q(payload__icontains=_as_stored(word))
    places = LedgerLeaf.objects.filter(index__lt=sealed_size())
    for event in LedgerEvent.objects.filter(asked).order_by("-pk").iterator(500) if words else ():
        leaf = places.filter(event=event.pk).first() if _names(event.payload, words) else None
        if leaf is not None:
            found.append(Naming(leaf.index, event, is_for_good(event.type)))
        if len(found) > MOST_SHOWN:
            break
    cards = PersonalCard.objects.filter(subject=about_person(user.pk)).count()
    tell("erasure.searched", actor=actor, now=now, subject_of=about_person(user.pk), found=len(found[:MOST_SHOWN]))
    return Search(words, tuple(found[:MOST_SHOWN]), cards, len(found) > MOST_SHOWN)


def words_for(user: User, others: Iterable[str] = ()) -> tuple[str, ...]:
    """What to look for: the person's names and addresses, now and earlier, each of three letters or more."""
    cards = PersonalCard.objects.filter(subject=about_person(user.pk)).values_list("value", flat=True)
    contacts = list(user.contact_points.values_list("address", "label"))
    # What a contact point is called is 'phone', which stands in every second text.
    labels = {label for _, label in contacts} | set(ContactPoint.history.filter(person_id=user.pk).values_list("label", flat=True))
    names = {user.display_name, user.get_full_name(), user.username, user.email, user.source_ref}
    said = {*cards, *(address for address, _ in contacts)} - labels | names | set(others)
    return tuple(sorted({word.strip() for word in said if len(word.strip()) >= SHORTEST and not _is_address_of_a_network(word)}))


def ask_erasure(user: User, *, actor: Any, now: datetime, reason: str, chosen: Sequence[int] = (), others: Sequence[str] = ()) -> Removal:
    """Asks that the cards of `user` and the entries with the indexes `chosen` go.

    Raises NotAllowed, InvalidInput (a reason that names the person; an index that may not go) and WrongState (the account can still sign
    in; it was asked already; a hold is on it).
    """
    require_person(actor, "audit.ask_removal", to="ask for an erasure")
    subject = about_person(user.pk)
    _refuse_bad_reason(reason, words_for(user, others))
    if user.is_active:
        raise WrongState("The account is active. Deactivate it first: whoever works here goes on being named in what they do.")
    with act("erasure.asked", actor=actor, now=now, why=reason) as running:
        if Removal.objects.filter(kind=Removal.Kind.ERASURE, subject=subject, done_at=None, closed_at=None).exists():
            raise WrongState("An erasure of this person's data is open: decide on it first.")
        leaves = _leaves(chosen)
        removal = Removal.objects.create(
            kind=Removal.Kind.ERASURE,
            subject=subject,
            first=leaves[0].index if leaves else None,
            last=leaves[-1].index if leaves else None,
            entries=len(leaves),
            digest=digest(bytes(leaf.hash) for leaf in leaves),
            reason=reason,
            asked_at=now,
            asked_by=actor,
        )
        ranges = as_ranges(leaf.index for leaf in leaves)
        RemovalRange.objects.bulk_create([RemovalRange(removal=removal, first=first, last=last) for first, last in ranges])
        if held := hold_on_removal(removal):
            raise WrongState(held_words(held))
        running.subject = removal
        running.details = {"removal": removal.pk, "subject": subject, "entries": removal.entries, "digest": removal.digest}
    return removal


def person_of(removal: Removal) -> User | None:
    """Whose data an erasure is about; None for a pruning."""
    key = removal.subject.partition(":")[2]
    return get_user_model().objects.filter(pk=key).first() if key else None


def is_forgotten(user: User) -> bool:
    """Whether this person's data was erased."""
    return ForgottenSubject.objects.filter(subject=about_person(user.pk)).exists()


def _refuse_bad_reason(reason: str, words: Sequence[str]) -> None:
    if not visible(reason):
        raise InvalidInput("Say why.", {"reason": ["Say why: who asked for it, by the number of the request."]})
    if _names(json.dumps(reason, ensure_ascii=False), words):
        said = "It names the person, and the reason is kept for good. Say it without: 'request 12 to the data protection officer'."
        raise InvalidInput(said, {"reason": [said]})


def _leaves(chosen: Sequence[int]) -> list[LedgerLeaf]:
    """The leaves of the chosen entries, which must be there, sealed, and not of those kept for good."""
    if len(set(chosen)) > MOST_CHOSEN:
        raise InvalidInput(f"At most {MOST_CHOSEN:,} entries go with one erasure. Choose fewer, and ask again afterwards.")
    leaves = list(LedgerLeaf.objects.filter(index__in=set(chosen), index__lt=sealed_size()).order_by("index"))
    types = dict(LedgerEvent.objects.filter(pk__in=[leaf.event for leaf in leaves]).values_list("pk", "type"))
    missing = set(chosen) - {leaf.index for leaf in leaves if leaf.event in types}
    if missing:
        raise InvalidInput(f"Entry {min(missing)} is not there, or is not sealed yet.")
    kept = [leaf.index for leaf in leaves if is_for_good(types[leaf.event])]
    if kept:
        raise InvalidInput(f"Entry {kept[0]} tells of keys, restores, exports, holds or removals. It is kept for good.")
    return leaves


def _is_address_of_a_network(word: str) -> bool:
    """An IP address: many share one, and that of somebody who had signed in is on a card."""
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True


def _names(payload: str, words: Iterable[str]) -> bool:
    """Whether one of `words` stands in the stored JSON, whatever its case, and not by chance in a random number."""
    text = RANDOM.sub("", payload).casefold()
    return any(_as_stored(word).casefold() in text for word in words)


def _as_stored(word: str) -> str:
    """`word` as it stands within the text of a stored event."""
    return json.dumps(word, ensure_ascii=False)[1:-1]
