"""The chapter of operations: `chapter_of` is what a report calls."""

from datetime import datetime

from reports.document import Chapter, Definition
from reports.metrics.definitions import definition_of
from reports.metrics.population import Population
from reports.metrics.resolution_definitions import MEASURES as OF_INCIDENTS

from . import beside, resolution, tracks
from .facts import Facts, facts_for

KEY = "operations"


def chapter_of(population: Population, known_until: datetime) -> Chapter:
    """What is said of the population up to `known_until`, the last thing told about it. A constant number of queries."""
    return told(facts_for(population, known_until))


def told(facts: Facts) -> Chapter:
    """The same from the facts. Pure."""
    rooms = (resolution, tracks, beside)
    content = [room.content_of(facts) for room in rooms]
    sections = tuple(section for room, said in zip(rooms, content, strict=True) for section in room.sections_of(facts, said))
    measures = (*OF_INCIDENTS, *beside.told_of(content[-1]))
    definitions = tuple(Definition(each.__name__, title, unit, definition_of(each)) for each, title, unit in measures)
    whole = {name: value for said in content for name, value in said.items()}
    return Chapter(KEY, sections, whole, definitions if sections else ())
