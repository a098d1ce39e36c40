"""How the ledger stands, for pages: the seal, the places outside, and where one event is in it. As many queries however long it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from audit.anchors import configured, known
from audit.ledger.models import LedgerEvent
from audit.sealing.alarms import WAITS_TOO_LONG
from audit.sealing.keys import public_keys
from audit.sealing.models import LedgerCheckpoint, LedgerEpoch, LedgerLeaf
from audit.sealing.services import State, state
from portal.foundation.errors import PortalError

from .single import fingerprint

# The sealer writes an event every minute, so that there is always something to seal.
SILENT_TOO_LONG = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """The seal and the places outside at one moment. `misnamed` says what is wrong with places that are configured, and not used."""

    seal: State
    places: tuple[known.State, ...]
    now: datetime
    misnamed: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The worst there is to say."""
        if self.seal.alarms:
            return "Alarm"
        if self.seal.at is None:
            return "Not sealed"
        if self.is_behind:
            return "Behind"
        return "Anchor fails" if self.failing or self.misnamed else "Sealed"

    @property
    def is_behind(self) -> bool:
        """Whether what waits has waited for too long, or nothing came for longer than the sealer is ever silent."""
        at = self.seal.at
        return self.seal.behind(self.now) > WAITS_TOO_LONG or (at is not None and self.now - at > SILENT_TOO_LONG)

    @property
    def well(self) -> list[known.State]:
        """Places that have confirmed something and fail at nothing now."""
        return [place for place in self.places if place.at and not place.error]

    @property
    def failing(self) -> list[known.State]:
        return [place for place in self.places if place.error]

    @property
    def anchored_at(self) -> datetime | None:
        """When the last of the places that are well confirmed something."""
        return max((place.at for place in self.well if place.at), default=None)


@dataclass(frozen=True, slots=True)
class InLedger:
    """Where an event is: its entry's number, when that was signed, and the events of its object before and after it."""

    index: int | None
    sealed_at: datetime | None
    before: int | None
    after: int | None


def standing(now: datetime) -> Standing:
    """Six queries, and two for each place outside."""
    return Standing(state(), tuple(known.states()), now, tuple(configured.problems()))


def keys_shown() -> tuple[list[tuple[str, str]], str]:
    """The public keys, the newest first, each with what two people compare; or why they cannot be read here."""
    try:
        return [(key, fingerprint(key)) for key in reversed(public_keys())], ""
    except PortalError as error:
        return [], error.message
    except OSError as error:
        return [], f"The keys cannot be read here ({error.strerror}). Whoever runs the portal finds them in LEDGER_KEYS."


def in_ledger(event: LedgerEvent) -> InLedger:
    """Five queries at most, each of one row of an index."""
    index = LedgerLeaf.objects.filter(event=event.pk).values_list("index", flat=True).first()
    before = after = None
    if event.object_model:
        same = LedgerEvent.objects.filter(object_model=event.object_model, object_pk=event.object_pk).values_list("pk", flat=True)
        before, after = same.filter(pk__lt=event.pk).order_by("-pk").first(), same.filter(pk__gt=event.pk).order_by("pk").first()
    return InLedger(index, _signed_at(index) if index is not None else None, before, after)


def _signed_at(index: int) -> datetime | None:
    """When the first checkpoint was signed that holds the entry. A checkpoint of an epoch before may have held another one there."""
    epoch = LedgerEpoch.objects.filter(size__lte=index).order_by("-number").values_list("number", flat=True).first() or 1
    rows = LedgerCheckpoint.objects.filter(epoch=epoch, size__gt=index).order_by("size")
    return rows.values_list("at", flat=True).first()
