"""Finding what stands out among a population's incidents: what the review, the report and the command ask for."""

from collections.abc import Sequence
from datetime import datetime

from reports.metrics.population import Population

from .finding import Past, found_among, past_among
from .pattern import Pattern
from .queries import seen

# Two years: the same quarter twice, and enough to tell restlessness from news.
QUARTERS_BACK = 8


def found_in(population: Population, known_until: datetime, earlier: Sequence[Population | Past] = ()) -> tuple[Pattern, ...]:
    """What stands out in the population's incidents, the most harm first, as far as is known at `known_until`.

    `earlier` are the quarters before without gaps, the oldest first, of which the last eight count: as populations, each of which is read
    whole and is as dear as the quarter itself, or as what `past_of` said of them. With fewer than four nothing is held against the past.
    """
    pasts = [past_of(each, known_until) if isinstance(each, Population) else each for each in earlier[-QUARTERS_BACK:]]
    return found_among(seen(population, known_until), pasts)


def past_of(population: Population, known_until: datetime) -> Past:
    """What later quarters are held against: a few thousand numbers, however many incidents."""
    return past_among(seen(population, known_until))
