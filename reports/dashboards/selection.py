"""Of what figures are asked for, as addresses and kept dashboards write it."""

from dataclasses import dataclass

from .models import QuarterFigures

Dimension = QuarterFigures.Dimension
# Of these nothing is prepared, as there may be as many as machines; lists and combinations know them.
COMPONENT = "component"
# In the order in which a combination is written.
DIMENSIONS = {
    name: place
    for place, name in enumerate((Dimension.UNIT.value, Dimension.SERVICE.value, COMPONENT, Dimension.TEAM.value, Dimension.SEVERITY.value))
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Of what the figures are: the whole organisation, one part of it, or what is of several parts at once, one of each dimension."""

    dimension: str = Dimension.WHOLE.value
    part: str = ""
    also: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, *texts: str) -> "Selection":
        """From 'service:12', or 'unit:3,severity:SEV1'; '' is the whole organisation. What names nothing is a part without figures."""
        given = [each.partition(":") for text in texts for each in text.split(",") if each]
        conditions = sorted(((dimension, part) for dimension, _, part in given), key=lambda each: DIMENSIONS.get(each[0], -1))
        if not conditions:
            return cls()
        if any(dimension not in DIMENSIONS for dimension, _ in conditions) or len(dict(conditions)) < len(conditions):
            return NOTHING
        (dimension, part), *also = conditions
        return cls(dimension, part, tuple(also))

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        return () if self.dimension == Dimension.WHOLE.value else ((self.dimension, self.part), *self.also)

    @property
    def is_prepared(self) -> bool:
        """Whether figures are worked out before anybody asks."""
        return not self.also and self.dimension != COMPONENT

    def of(self, dimension: str) -> str:
        """'severity:SEV1' where there is such a condition, else ''."""
        return next((f"{name}:{part}" for name, part in self.conditions if name == dimension), "")

    def within(self, dimension: str, part: str) -> "Selection":
        """What is of that part, too."""
        return Selection.parse(str(self), f"{dimension}:{part}")

    def __str__(self) -> str:
        return ",".join(f"{dimension}:{part}" for dimension, part in self.conditions)


NOTHING = Selection(Dimension.UNIT.value, "0")
