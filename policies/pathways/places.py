"""How a place in a pathway is called. Pure."""

from policies.decisions.ruleset import LevelRule, TargetRule
from policies.decisions.vocabulary import Track

# The technical track is what people mean when they say 'level 2'.
_LEVEL = {Track.TECHNICAL: "level", Track.STAKEHOLDER: "stakeholder level", Track.COMPLIANCE: "compliance level"}


def level_called(track: Track, number: int) -> str:
    """'level 2', 'compliance level 2'."""
    return f"{_LEVEL[track]} {number}"


def levels_called(track: Track) -> str:
    """'Levels', 'Compliance levels'."""
    return f"{_LEVEL[track]}s".capitalize()


def place_of(track: Track, level: LevelRule, target: TargetRule | None = None) -> str:
    """'Level 2', 'Compliance level 2, backup 1'."""
    called = level_called(track, level.number).capitalize()
    return f"{called}, {target.role}" if target else called
