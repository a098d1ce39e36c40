"""Every table that is content of a version: what is copied, guarded and asked for contributors, all from this one list."""

from dataclasses import dataclass

from django.db.models import Model

from policies.messages.models import AnnouncementProtocol, MessageTemplate
from policies.pathways.models import Level, SeverityOverride, Target
from policies.severity.models import BusinessThreshold, Criterion, ExceptionRule, PriorityCell, Threshold


@dataclass(frozen=True, slots=True)
class Part:
    """A table of content. It hangs on the version, or on a row of `inside`, by the foreign key `link`."""

    model: type[Model]
    link: str = "version"
    inside: type[Model] | None = None


PARTS: tuple[Part, ...] = (
    Part(Level),
    Part(Target, "level", Level),
    Part(SeverityOverride),
    Part(Threshold),
    Part(Criterion, "threshold", Threshold),
    Part(BusinessThreshold),
    Part(PriorityCell),
    Part(ExceptionRule),
    Part(MessageTemplate),
    Part(AnnouncementProtocol),
)
# What a version says in columns of its own.
OWN_FIELDS = ("resolve_within", "silent_after", "repeats", "stakeholder_from")


def inside(model: type[Model]) -> tuple[Part, ...]:
    """The tables whose rows hang on a row of `model`."""
    return tuple(part for part in PARTS if part.inside is model)
