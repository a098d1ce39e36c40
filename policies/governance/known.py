"""What frozen versions say, read and checked against their hash once a process: a frozen version never changes.

For whoever acts on versions all day, the engine above all. Whoever shows or approves one asks `snapshots.snapshot_of`, which looks anew.
"""

from collections.abc import Sequence

from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.scopes import RulesInForce, Source, compose
from policies.decisions.vocabulary import Scope, Track

from .models import PolicyVersion
from .snapshots import snapshot_of

MOST = 2_000
_snapshots: dict[tuple[int, str, Track], PolicySnapshot] = {}
_rules: dict[tuple[tuple[Source, str], ...], RulesInForce] = {}


def known_snapshot(version: PolicyVersion, track: Track = Track.TECHNICAL) -> PolicySnapshot:
    """The frozen content of `version` with the levels of `track`. Raises WrongState like `snapshot_of`, and then keeps nothing.

    No query when it is known, one where `version` was read without its content.
    """
    key = (version.pk, version.content_sha256, track)
    found = _snapshots.get(key)
    if found is None:
        found = snapshot_of(version).on_track(track)
        _make_room(_snapshots)
        _snapshots[key] = found
    return found


def known_rules(versions: Sequence[PolicyVersion]) -> RulesInForce:
    """The rules of these versions together. Raises WrongState for frozen content that does not have its hash."""
    key = tuple((source_of(version), version.content_sha256) for version in versions)
    found = _rules.get(key)
    if found is None:
        found = compose([(source, known_snapshot(version)) for (source, _), version in zip(key, versions, strict=True)])
        _make_room(_rules)
        _rules[key] = found
    return found


def source_of(version: PolicyVersion) -> Source:
    return Source(Scope(version.policy.scope), str(version), version.pk)


def forget() -> None:
    """For tests, in which versions come and go with the database."""
    _snapshots.clear()
    _rules.clear()


def _make_room(kept: dict[tuple[int, str, Track], PolicySnapshot] | dict[tuple[tuple[Source, str], ...], RulesInForce]) -> None:
    if len(kept) >= MOST:
        kept.clear()
