"""What can be read off a service: the measures that are built in, and those of the organisation's own."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from policies.decisions.measures import MEASURES
from policies.decisions.ruleset import MeasureRule
from policies.severity.models import Measure, OwnMeasure
from portal.foundation.errors import InvalidInput

# As OwnMeasure.key is stored; anything else names none and is not looked for.
_KEY = re.compile(r"[-\w]{1,40}", re.ASCII)
HUNDRED_PERCENT = Decimal(100)
BUILT_IN = {
    key: MeasureRule(key, words.name, words.unit, HUNDRED_PERCENT if words.unit == "%" else None) for key, words in MEASURES.items()
}


def known_measures(keys: Iterable[str]) -> dict[str, MeasureRule]:
    """Those of `keys` that the portal knows. One query, and none where all of them are built in."""
    wanted = set(keys)
    others = {key for key in wanted - BUILT_IN.keys() if _KEY.fullmatch(key)}
    own = OwnMeasure.objects.filter(key__in=others) if others else ()
    return {key: BUILT_IN[key] for key in wanted & BUILT_IN.keys()} | {
        measure.key: MeasureRule(measure.key, measure.name, measure.unit, measure.highest) for measure in own
    }


def measure_called(key: str, known: Mapping[str, MeasureRule], field: str = "measure") -> MeasureRule:
    """The measure with this key among `known`. Raises InvalidInput naming those there are."""
    if key not in known:
        own = OwnMeasure.objects.order_by("key").values_list("key", flat=True)
        problem = f"'{key[:60]}' is not a known measure. Known: {', '.join([*BUILT_IN, *own])}."
        raise InvalidInput(problem, {field: [problem]})
    return known[key]


def choices() -> list[tuple[str, str]]:
    """What a form offers, each with its unit. One query."""
    return [*Measure.choices, *((measure.key, str(measure)) for measure in OwnMeasure.objects.all())]
