"""Layers of a draft: which goes over which, and taking one out."""

from datetime import datetime
from typing import Any

from audit.events.services import act, mention
from portal.foundation.access.checks import require
from portal.foundation.base_models import delete_tracked, save_tracked

from .models import RotaLayer, SchedulePlan
from .plans import lock_draft

# Beyond any position, and within a small integer: where a layer waits while another one takes its place.
ASIDE = 10_000


def next_position(plan: SchedulePlan) -> int:
    """The position of a layer that goes over all others of `plan`."""
    last = plan.layers.order_by("-position").values_list("position", flat=True).first()
    return (last or 0) + 1


def move_layer(layer: RotaLayer, *, up: bool, actor: Any, now: datetime, reason: str = "") -> RotaLayer:
    """Changes places with the layer that it goes over next (`up`), or that goes over it. The topmost and the lowest stay where they are.

    Raises NotAllowed, and WrongState when the plan is no draft any more.
    """
    require(actor, "policies.change_rotalayer", layer, to="move this layer")
    with act("rota_layer.moved", actor=actor, now=now, subject=layer.plan, why=reason) as running:
        draft = lock_draft(layer.plan)
        others = draft.layers.filter(position__gt=layer.position) if up else draft.layers.filter(position__lt=layer.position)
        other = others.order_by("position" if up else "-position").first()
        if other is None:
            running.nothing_happened()
            return layer
        running.details = {"layer": layer.name, "over" if up else "under": other.name}
        mine, theirs = layer.position, other.position
        RotaLayer.objects.filter(pk=layer.pk).update(position=ASIDE)
        other.position, layer.position = mine, theirs
        save_tracked(other, actor=actor, now=now, reason=reason)
        save_tracked(layer, actor=actor, now=now, reason=reason)
    return layer


def remove_layer(layer: RotaLayer, *, actor: Any, now: datetime, reason: str = "") -> SchedulePlan:
    """Takes a layer with its people and hours out of a draft; the draft.

    Raises NotAllowed, and WrongState when the plan is no draft any more.
    """
    require(actor, "policies.delete_rotalayer", layer, to="remove this layer")
    with act("rota_layer.removed", actor=actor, now=now, subject=layer.plan, why=reason) as running:
        draft = lock_draft(layer.plan)
        people = [member.person for member in layer.members.select_related("person")]
        mention(*people)
        running.details = {"layer": layer.name, "people": [str(person) for person in people]}
        for row in (*layer.members.all(), *layer.windows.all(), layer):
            delete_tracked(row, actor=actor, now=now, reason=reason)
    return draft
