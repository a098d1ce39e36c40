"""Who stands behind a target, as far as the checks know. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from policies.decisions.ruleset import TargetRule

Key = tuple[int | None, int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class People:
    """What is known of those whom a version names, all by primary key.

    `unreachable` have no active contact point that carries an alert, `only_email` among them have one that is e-mail; `unverified`
    can be reached, but nobody ever answered from there, `expired` not for too long. `rotations` gives everybody whom a schedule can
    put on duty, `roles` holder and deputy, `teams` the schedules of a team. What is not in these counts as filled.
    """

    gone: frozenset[int] = frozenset()
    unreachable: frozenset[int] = frozenset()
    only_email: frozenset[int] = frozenset()
    unverified: frozenset[int] = frozenset()
    expired: frozenset[int] = frozenset()
    rotations: Mapping[int, Collection[int]] = field(default_factory=dict)
    roles: Mapping[int, tuple[int | None, int | None]] = field(default_factory=dict)
    teams: Mapping[int, Collection[int]] = field(default_factory=dict)

    @property
    def deaf(self) -> frozenset[int]:
        """Those whom no alert reaches."""
        return self.gone | self.unreachable

    def behind(self, target: TargetRule) -> frozenset[int] | None:
        """Everybody whom this place can mean, whether they are there or not; None when that is not known."""
        if target.person_id is not None:
            return frozenset({target.person_id})
        if target.role_id is not None:
            held = self.roles.get(target.role_id)
            return None if held is None else frozenset(person for person in held if person is not None)
        schedules = self.schedules_of(target)
        if schedules is None or any(schedule not in self.rotations for schedule in schedules):
            return None
        return frozenset(person for schedule in schedules for person in self.rotations[schedule])

    def schedules_of(self, target: TargetRule) -> Collection[int] | None:
        """The schedules that fill this place, none for a person or a role; None when they are not known."""
        if target.schedule_id is not None:
            return (target.schedule_id,)
        return self.teams.get(target.team_id) if target.team_id is not None else ()


def key_of(target: TargetRule) -> Key:
    """What two places must share to mean the same."""
    return target.person_id, target.schedule_id, target.role_id, target.team_id
