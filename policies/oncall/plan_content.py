"""What stands in the way of publishing a draft, in words."""

import zoneinfo

from portal.foundation import words

from .models import MOST_UNITS, RotaLayer, SchedulePlan

HOURS_OF_A_DAY = (1, 2, 3, 4, 6, 8, 12)


def problems_of(plan: SchedulePlan) -> list[tuple[str, str]]:
    """Pairs of the field concerned and what is wrong with it; empty when the draft can be published."""
    problems = []
    if plan.time_zone not in zoneinfo.available_timezones():
        problems.append(("time_zone", f"'{plan.time_zone}' is not a time zone. Use a name such as Europe/Madrid."))
    layers = list(plan.layers.prefetch_related("members__person"))
    if not [layer for layer in layers if not layer.shadow]:
        problems.append(("layers", "The plan has no layer that puts anybody on duty. Add one with people."))
    for layer in layers:
        problems += [("layers", problem) for problem in _problems_of_layer(layer, plan)]
    return problems


def _problems_of_layer(layer: RotaLayer, plan: SchedulePlan) -> list[str]:
    people = [member.person for member in layer.members.all()]
    problems = []
    if not people:
        problems.append(f"There is nobody in layer {layer.name}. Add people, or remove the layer.")
    left = list(dict.fromkeys(str(person) for person in people if not person.is_active))
    if left:
        problems.append(f"{words.listed(left)} in layer {layer.name} can no longer sign in. Take them out.")
    if not 1 <= layer.every <= MOST_UNITS:
        problems.append(f"A shift of layer {layer.name} is {layer.every} {layer.unit} long. Choose 1 to {MOST_UNITS}.")
    if layer.unit == "hours" and layer.every not in HOURS_OF_A_DAY:
        problems.append(f"Shifts of hours are 1, 2, 3, 4, 6, 8 or 12 hours long; those of layer {layer.name} are {layer.every}.")
    if layer.holidays != "any" and plan.holiday_calendar_id is None:
        problems.append(f"Layer {layer.name} minds holidays, but the plan has no holiday calendar. Choose one.")
    return problems
