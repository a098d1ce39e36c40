"""The life of what people keep: begun, changed by new versions, shared, retired, taken over when its owner has left."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

from audit.events.services import Act, act
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.words import visible

from .models import Kept

K = TypeVar("K", bound=Kept)
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Life(Generic[K]):
    """The life of one kind. Whoever has `right` may keep such things and sees those that are shared.

    `event` begins the types of its events. For sentences: `noun` such as 'view', `whole` such as 'view of the trail', and `same`, what one
    of one's own would have in common with somebody else's, such as 'the same filters'.
    """

    model: type[K]
    right: str
    event: str
    noun: str
    whole: str
    same: str

    def seen_by(self, reader: Any) -> QuerySet[K]:
        """What `reader` may open: their own, shared ones, and those whose owner has left; by name, without those retired."""
        found: QuerySet[K] = self.model._default_manager.filter(retired_at=None).select_related("owner")
        return found.filter(Q(is_shared=True) | Q(owner=reader) | Q(owner__is_active=False)) if may(reader, self.right) else found.none()

    def find(self, key: str, *, reader: Any) -> K | None:
        """The one among them with that key, as it came in an address; None when there is none."""
        is_key = key.isascii() and key.isdecimal() and len(key) < 19
        return self.seen_by(reader).filter(pk=int(key)).first() if is_key else None

    def may_open(self, reader: Any, thing: K) -> bool:
        """The same of one, whether retired or not."""
        return may(reader, self.right) and (thing.is_shared or thing.owner_id == reader.pk or not thing.owner.is_active)

    @contextmanager
    def beginning(
        self, name: str, *, actor: Any, now: datetime, purpose: str = "", shared: bool = False, **columns: Any
    ) -> Iterator[tuple[K, Act]]:
        """The frame in which something new gets its first version; `columns` are those that its kind has beside. Raises NotAllowed, and
        InvalidInput for a name that is empty, too long or in use.
        """
        require(actor, self.right, to=f"keep a {self.whole}")
        name, purpose = self._checked(name, actor), purpose.strip()
        with act(f"{self.event}.created", actor=actor, now=now, why=purpose) as running:
            thing = self.model(name=name, purpose=purpose, owner=actor, is_shared=shared, created_at=now, **columns)
            save_tracked(thing, actor=actor, now=now, reason=purpose)
            running.subject, running.details = thing, {"shared": shared}
            yield thing, running

    @contextmanager
    def changing(self, thing: K, *, actor: Any, now: datetime, reason: str = "") -> Iterator[tuple[K, Act]]:
        """The frame in which it gets its next version. Raises NotAllowed for somebody else's, WrongState for one that is retired."""
        with self._of_its_owner("changed", thing, actor, now, reason) as (found, running):
            yield found, running

    def share(self, thing: K, *, actor: Any, now: datetime, shared: bool = True, reason: str = "") -> None:
        """Shows it to everybody who has the right, or to its owner alone. Raises NotAllowed and WrongState."""
        with self._of_its_owner("shared", thing, actor, now, reason) as (found, running):
            if found.is_shared == shared:
                running.nothing_happened()
                return
            found.is_shared = shared
            save_tracked(found, actor=actor, now=now, reason=visible(reason))
            running.details = {"shared": shared}

    def unshare(self, thing: K, *, actor: Any, now: datetime, reason: str = "") -> None:
        """Shows it to its owner alone. Raises NotAllowed and WrongState."""
        self.share(thing, actor=actor, now=now, shared=False, reason=reason)

    def retire(self, thing: K, *, actor: Any, now: datetime, reason: str = "") -> None:
        """Takes it out of the lists. Its versions stay, and what was done with them can be named. Raises NotAllowed and WrongState."""
        with self._of_its_owner("retired", thing, actor, now, reason) as (found, _):
            found.retired_at = now
            save_tracked(found, actor=actor, now=now, reason=visible(reason))

    def take_over(self, thing: K, *, actor: Any, now: datetime, reason: str) -> None:
        """Makes `actor` the owner of what somebody who has left kept. Raises NotAllowed, WrongState, InvalidInput without a reason."""
        require(actor, self.right, to=f"take over a {self.whole}")
        if not visible(reason):
            raise InvalidInput(f"The {self.noun} is not taken over.", {"reason": ["Say why you take it over."]})
        with act(f"{self.event}.taken_over", actor=actor, now=now, subject=thing, why=visible(reason)) as running:
            found = self._locked(thing)
            if found.owner.is_active:
                raise WrongState(f"The {self.noun} is {found.owner}'s, who is here. Keep one of your own with {self.same}.")
            self._checked(found.name, actor)
            running.details = {"owner_before": str(found.owner_id)}
            found.owner = actor
            save_tracked(found, actor=actor, now=now, reason=visible(reason))

    @contextmanager
    def _of_its_owner(self, done: str, thing: K, actor: Any, now: datetime, reason: str) -> Iterator[tuple[K, Act]]:
        require(actor, self.right, to=f"change a {self.whole}")
        if thing.owner_id != actor.pk:
            raise NotAllowed(f"The {self.noun} is {thing.owner}'s. Keep one of your own with {self.same}.")
        with act(f"{self.event}.{done}", actor=actor, now=now, subject=thing, why=visible(reason)) as running:
            yield self._locked(thing), running

    def _checked(self, name: str, actor: Any) -> str:
        text = " ".join(name.split())
        problem = ""
        if not text:
            problem = "Give it a name that says what it shows."
        elif len(text) > LONGEST_NAME or not text.isprintable():
            problem = f"Use at most {LONGEST_NAME} characters, all of them visible."
        elif self.model._default_manager.filter(owner=actor, name=text, retired_at=None).exists():
            problem = f"You have a {self.noun} of that name already. Choose another name, or change that one."
        if problem:
            raise InvalidInput(f"The {self.noun} is not kept.", {"name": [problem]})
        return text

    def _locked(self, thing: K) -> K:
        found: K = self.model._default_manager.select_for_update().get(pk=thing.pk)
        if found.retired_at is not None:
            raise WrongState(f"The {self.noun} was retired. Keep a new one with {self.same}.")
        return found
