"""The policies of the made-up organisation: versions whose rows say how the stories go, frozen as policies freezes them."""

from datetime import datetime, timedelta
from typing import Any

from bulk import keys_go_on

# Rules have one window for all severities, of which each takes a share: of 50 min SEV1 takes 5 min.
WINDOW = timedelta(minutes=50)
PACE = {"SEV1": 10, "SEV2": 20, "SEV3": 30, "SEV4": 60}
BACKUP_AFTER, REMINDED_BEFORE = WINDOW * 2 / 5, WINDOW * 3 / 10
RESOLVE_WITHIN, SILENT_AFTER = timedelta(hours=4), timedelta(hours=3)
BESIDE = ("stakeholder", "compliance")


def rulebooks(policies: int, teams: int, starts: tuple[datetime, ...]) -> None:
    """A policy for each of the first services, with one version for each of `starts`, of which the last is in force."""
    from policies.models import Criterion, EscalationPolicy, PolicyVersion, Role, Threshold

    made = [EscalationPolicy(id=n + 1, name=f"Policy {n:02d}", service_id=n + 1, owner_id=n + 1) for n in range(policies)]
    EscalationPolicy.objects.bulk_create(made)
    PolicyVersion.objects.bulk_create(
        PolicyVersion(
            id=1 + len(starts) * n + later, policy_id=n + 1, number=1 + later, state="approved", change_reason="Made up", author_id=n + 1,
            submitted_by_id=n + 1, created_at=at, approved_at=at, effective_from=at, resolve_within=RESOLVE_WITHIN, silent_after=SILENT_AFTER, content={},
            content_sha256="0" * 64,
        )
        for n in range(policies) for later, at in enumerate(starts)
    )  # fmt: skip
    names = ("Second on call", "Lead of the service", "Head of the unit", "Spokesperson")
    roles = Role.objects.bulk_create([Role(name=name, holder_id=n + 1) for n, name in enumerate(names)])
    versions = list(PolicyVersion.objects.order_by("pk"))
    _levels(versions, roles, teams)
    thresholds = Threshold.objects.bulk_create(Threshold(version=version, name="Budget burns", severity="SEV2") for version in versions)
    Criterion.objects.bulk_create(Criterion(threshold=one, measure="error_budget_burn", value=6) for one in thresholds)
    _freeze(versions)
    keys_go_on(EscalationPolicy, PolicyVersion)


def _levels(versions: list[Any], roles: list[Any], teams: int) -> None:
    """Line 1 has somebody on call and a second, who are reminded; lines 2 and 3 one person each, and so have the tracks beside.

    The later versions ask for an analysis of what reaches line 3.
    """
    from policies.models import Level, SeverityOverride, Target

    second, lead, head, spokesperson = roles
    lines = {1: {"reminders": f"{REMINDED_BEFORE // timedelta(minutes=1)} min"}, 2: {}, 3: {"kind": "hierarchical"}}
    made = [
        Level(
            version=version,
            number=number,
            name=f"Line {number}",
            window=WINDOW,
            backup_after=BACKUP_AFTER,
            needs_rca=number == 3 and version.number > 1,
            **more,
        )
        for version in versions
        for number, more in lines.items()
    ]
    made += [
        Level(version=version, track=track, number=1, name="Whoever speaks", window=WINDOW, backup_after=BACKUP_AFTER)
        for version in versions
        for track in BESIDE
    ]
    levels = Level.objects.bulk_create(made)
    held = {1: second, 2: lead, 3: head}
    targets = [Target(level=level, role_held=spokesperson) for level in levels if level.track in BESIDE]
    for level in levels:
        if level.track not in BESIDE:
            if level.number == 1:
                targets.append(Target(level=level, team_id=1 + (level.version.policy_id - 1) % teams))
            targets.append(Target(level=level, position=2 if level.number == 1 else 1, role_held=held[level.number]))
    Target.objects.bulk_create(targets)
    paces = [SeverityOverride(version=version, severity=one, pace_percent=share) for version in versions for one, share in PACE.items()]
    SeverityOverride.objects.bulk_create(paces)


def _freeze(versions: list[Any]) -> None:
    from policies.governance.snapshots import content_of
    from policies.models import PolicyVersion
    from portal.foundation.canonical import content_hash

    for version in versions:
        version.content = content_of(version)
        version.content_sha256 = content_hash(version.content)
    PolicyVersion.objects.bulk_update(versions, ["content", "content_sha256"])


def snapshot() -> Any:
    """What all of them say of time and route: they differ in whom they name."""
    from policies.governance.known import known_snapshot
    from policies.models import PolicyVersion

    return known_snapshot(PolicyVersion.objects.select_related("policy").order_by("pk")[0])
