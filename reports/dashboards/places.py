"""What services and groups are called, and to which units services belong. Pure."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

# Of a day's facts as bytes. It stands here, where whoever asks whether they can still be read need not load what reads them.
FORMAT = 2
# Of how figures are counted from the same facts. Raised with a change of that, it has every quarter worked out anew, and no day read.
COUNTED = 2


@dataclass(frozen=True, slots=True)
class Places:
    """By primary key: names of services and groups, the unit of a service, and the unit above a unit. A service has no unit or one."""

    services: dict[int, str] = field(default_factory=dict)
    teams: dict[int, str] = field(default_factory=dict)
    unit_of: dict[int, int] = field(default_factory=dict)
    above: dict[int, int] = field(default_factory=dict)

    def units_of(self, service: int) -> list[int]:
        """The units whose figures a service counts in: its own and all above."""
        found: list[int] = []
        unit = self.unit_of.get(service)
        while unit is not None and unit not in found:
            found.append(unit)
            unit = self.above.get(unit)
        return found

    def differs_from(self, later: Self) -> bool:
        """Whether anything that there was is called otherwise or belongs elsewhere in `later`; what was added does not count."""
        return (
            any(later.services.get(key) != name for key, name in self.services.items())
            or any(later.teams.get(key) != name for key, name in self.teams.items())
            or any(later.units_of(key) != self.units_of(key) for key in self.services)
        )

    def as_json(self) -> dict[str, Any]:
        """Keys become text, as JSON has no others."""
        return {name: {str(key): value for key, value in given.items()} for name, given in asdict(self).items()}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        return cls(**{name: {int(key): value for key, value in given.items()} for name, given in content.items()})


NOWHERE = Places()
