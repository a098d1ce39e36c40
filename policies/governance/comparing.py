"""Any two versions of a policy beside each other: what changes, who did what with both, and which warnings were accepted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.events.stories import actor_words, verb_words
from audit.ledger.models import LedgerEvent
from audit.ledger.personal import parsed
from policies.decisions.findings import CHECKS
from policies.decisions.frozen import snapshot_from

from .differences import Change, changes
from .models import PolicyVersion
from .snapshots import readable_content

# The acts that put a content before others: what the checks warned of stands in their events.
_FROZEN_BY = ("policy_version.submitted", "policy_version.published_at_once")


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did with a version, as it was recorded: 'submitted', their name as it was, when, and with which words."""

    what: str
    who: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A warning of the checks that a version was submitted in spite of: which check, where, and what it says."""

    check: str
    place: str
    says: str


@dataclass(frozen=True, slots=True)
class Told:
    """One of two versions that are compared."""

    version: PolicyVersion
    deeds: tuple[Deed, ...]
    accepted: tuple[Accepted, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions, and what `after` changes of `before`."""

    before: Told
    after: Told
    changes: tuple[Change, ...]

    @property
    def sections(self) -> list[tuple[str, list[Change]]]:
        """The changes by section, in the order of a policy."""
        names = dict.fromkeys(change.section for change in self.changes)
        return [(name, [change for change in self.changes if change.section == name]) for name in names]


def compare(before: PolicyVersion, after: PolicyVersion) -> Comparison:
    """Both versions as they stand, and what the second changes of the first.

    Raises WrongState for frozen content that does not have its hash.
    """
    found = changes(snapshot_from(readable_content(before)), snapshot_from(readable_content(after)))
    return Comparison(told(before), told(after), tuple(found))


def told(version: PolicyVersion) -> Told:
    """Who did what with `version`, the first deed first, and the warnings accepted for what is frozen in it. Two queries."""
    events = LedgerEvent.objects.filter(
        object_model=version._meta.label_lower, object_pk=str(version.pk), type__startswith="policy_version."
    )
    found = list(events.order_by("pk"))
    recorded = list(zip(found, parsed(event.payload for event in found), strict=True))
    deeds = tuple(Deed(verb_words(event.type), actor_words(said), event.recorded_at, said.get("why", "")) for event, said in recorded)
    return Told(version, deeds, _accepted(version, [said for event, said in recorded if event.type in _FROZEN_BY]))


def _accepted(version: PolicyVersion, freezings: list[dict[str, Any]]) -> tuple[Accepted, ...]:
    """From the last time the version was frozen, if that is what it still says."""
    details = freezings[-1].get("details", {}) if freezings else {}
    if not version.content_sha256 or details.get("content_sha256") != version.content_sha256:
        return ()
    return tuple(
        Accepted(one["id"], one["place"], CHECKS[one["id"]].says if one["id"] in CHECKS else one["id"])
        for one in details.get("warnings", ())
    )
