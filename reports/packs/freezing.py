"""Freezing a quarter's figures: read once at the cut-off, and kept for good."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from policies.models import BusinessUnit
from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.words import visible

from .kept import Packed, document_of, lines_in, pack
from .models import FrozenFigures
from .quarters import Quarter
from .services import Tell, read_document

__all__ = ["RIGHT", "document_of", "freeze", "lines_in", "pack"]

RIGHT = "reports.build_quarterlypack"


def read_figures(quarter: Quarter, unit: BusinessUnit | None, *, now: datetime, tell: Tell = lambda step: None) -> Packed:
    """All figures of `quarter` as they are known at `now`, ready to be kept. It takes a minute for a large quarter, and locks nothing."""
    return pack(read_document(quarter, unit, now, tell))


def freeze(
    quarter: Quarter,
    unit: BusinessUnit | None,
    *,
    actor: Any,
    now: datetime,
    number: int = 1,
    reason: str = "",
    tell: Tell = lambda step: None,
    packed: Packed | None = None,
) -> FrozenFigures:
    """Reads all figures of `quarter` for `unit` (None: the whole organisation) at the cut-off `now`, and keeps them.

    Whoever calls it within a transaction gives what `read_figures` read before that as `packed`.

    Raises NotAllowed; InvalidInput for a restatement without a reason; WrongState when this number is there already, or none before it.
    """
    require(actor, RIGHT, to="freeze the figures of a quarter")
    reason = visible(reason)
    if number > 1 and not reason:
        raise InvalidInput("Say why the figures are stated anew.", {"reason": ["The words stand in the report and in the audit trail."]})
    there = FrozenFigures.objects.filter(quarter=str(quarter), unit=unit).order_by("-number").values_list("number", flat=True).first() or 0
    if number != there + 1:
        last = f"the last figures of {quarter} have the number {there}" if there else f"no figures of {quarter} are frozen yet"
        raise WrongState(f"Figures are numbered one after the other: {last}, so the next one is {there + 1}, not {number}.")
    # Before the transaction: others write while a large quarter is read.
    packed = packed or read_figures(quarter, unit, now=now, tell=tell)
    with act("reports.figures_frozen", actor=actor, now=now, why=reason) as running:
        running.subject = frozen = FrozenFigures.objects.create(
            quarter=str(quarter),
            unit=unit,
            number=number,
            cut_off=now,
            reason=reason,
            frozen_by=actor,
            document=packed.content,
            size=packed.size,
            sha256=packed.sha256,
        )
        running.details = {
            "quarter": str(quarter),
            "unit": unit.name if unit else "",
            "number": number,
            "bytes": packed.size,
            "sha256": packed.sha256,
        }
    return frozen
