"""The business unit that a pack is about, with its parts."""

from dataclasses import dataclass
from typing import Self

from django.utils.text import slugify

from policies.models import BusinessUnit


@dataclass(frozen=True, slots=True)
class Unit:
    """A business unit's name, those of the units that are part of it at any depth, and the keys of all of them."""

    key: int
    name: str
    parts: tuple[str, ...]
    keys: tuple[int, ...]

    @classmethod
    def of(cls, unit: BusinessUnit) -> Self:
        """With its parts as they are now. One query."""
        below: dict[int | None, list[tuple[int, str]]] = {}
        for key, name, above in BusinessUnit.objects.order_by("name").values_list("pk", "name", "part_of"):
            below.setdefault(above, []).append((key, name))
        found, waiting = {unit.pk: unit.name}, [unit.pk]
        while waiting:
            new = dict(below.get(waiting.pop(), ()))
            waiting += new.keys() - found.keys()
            found |= new
        parts = tuple(sorted(name for key, name in found.items() if key != unit.pk))
        return cls(unit.pk, unit.name, parts, tuple(sorted(found)))

    @property
    def slug(self) -> str:
        """For names of files: by its key, as names may be in any script, and readable where it can be."""
        readable = slugify(self.name)[:40].strip("-")
        return f"unit-{self.key}{f'-{readable}' if readable else ''}"

    @property
    def words(self) -> str:
        return f"{self.name}, with {', '.join(self.parts)}" if self.parts else self.name
