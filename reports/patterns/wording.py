"""A candidate in words: a headline, and a sentence with the numbers, the effect, how sure it is and what it is compared with. Pure."""

from reports.document import duration_in_words, number_in_words

from .candidates import Candidate
from .comparing import EARLIER, OTHERS, Comparison
from .pattern import rarely
from .returning import CHANCE
from .tallies import Part

# So many of what was found of the same part, or is explained by it, are told.
TOLD = 5
_LONGEST = 80
_PARTS = {
    "service": "{0}", "component": "{0}", "team": "Group {0}", "policy": "Policy {0}", "grade": "Severity {0}",
    "service at night": "{0} at night", "all": "All incidents",
}  # fmt: skip


def called(part: Part) -> str:
    """Such as 'Group Network', 'Payments at night', 'Level 2'. Names are other people's words: on one line, and long ones are cut."""
    dimension, name = part
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
    short = plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
    pattern = _PARTS.get(dimension, "{0}")
    # 'Group 25' and 'Team Blue', not 'Group Group 25' and 'Group Team Blue'.
    said = any(word in plain.lower() for word in (pattern.split()[0].lower(), dimension))
    text = short if said and pattern.endswith(" {0}") else pattern.format(short)
    return text[:1].upper() + text[1:]


def headline_of(one: Candidate) -> str:
    return f"{called(one.found.part)}: {_found_of(one)}"


def _found_of(one: Candidate) -> str:
    found, measure = one.found, one.found.measure
    if measure.counts:
        return f"{found.cases:,} incidents, in earlier quarters {_number(found.other)} on average"
    if not measure.minutes:
        if found.value is None:
            return f"fewer than half of {measure.cases} {measure.done}, {_elsewhere(found)} half in {_time(found.other)}"
        mine = f"{measure.cases} {measure.done} in {duration_in_words(found.value)} at the median"
        return f"{mine}, {_elsewhere(found)} in {_time(found.other)}"
    compared = f"{_percent(found.other)} {'by chance' if found.against == CHANCE else _elsewhere(found)}"
    return f"{_percent(found.value)} of {measure.cases} {measure.done}, {compared}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence_of(one: Candidate) -> str:
    measure = one.found.measure
    told = _number_told(one.found) if measure.counts else _share_told(one.found) if measure.minutes else _time_told(one)
    return f"{told}{_past_told(one.found)} {chance_in_words(one.found.chance)}"


def also_of(one: Candidate) -> tuple[str, ...]:
    """What else was found of the same part, a sentence each, and where it shows too."""
    told = [f"{_capital(_found_of(each))}." for each in one.same_part[:TOLD]]
    where = list(dict.fromkeys(called(each.found.part) for each in one.explains))
    if where:
        more = f" and {len(where) - TOLD:,} more" if len(where) > TOLD else ""
        told.append(f"It also shows in {'; '.join(where[:TOLD])}{more}, but not once these incidents are left out there.")
    return tuple(told)


def chance_in_words(chance: float) -> str:
    """Such as 'This or more by chance in fewer than 1 of 1,000 quarters.'"""
    return f"This or more by chance in {rarely(chance)} quarters."


def sure_in_words(rate: float) -> str:
    """By the share of false ones to be expected among findings as sure as this: high, good or fair."""
    return "high" if rate < 0.001 else "good" if rate < 0.01 else "fair"


def _share_told(found: Comparison) -> str:
    measure, points = found.measure, 100 * found.effect
    counted = f"{found.count:,} of {found.cases:,} {measure.cases} {measure.done} ({_percent(found.value)})"
    fair = f"{number_in_words(round(found.expected, 0 if found.expected >= 10 else 1))} ({_percent(found.other)})"
    if found.against == CHANCE:
        expected = f"if they were any of the quarter's {found.of_others:,} incidents, it would be {fair}"
    elif found.against == OTHERS:
        expected = f"with the shares of the {found.of_others:,} others, at the same severities, it would be {fair}"
    else:
        expected = f"with the shares of its earlier quarters, {found.of_others:,} in all, it would be {fair}"
    between = f"{_points(found.low)} to {_points(found.high)}"
    return f"{counted}; {expected}: {number_in_words(round(points, 1))} points more (95 % interval {between})."


def _number_told(found: Comparison) -> str:
    between = f"{number_in_words(round(found.low, 1))} to {number_in_words(round(found.high, 1))}"
    return (
        f"{found.cases:,} {found.measure.cases} {found.measure.done}; in its earlier quarters there were {_number(found.other)} on average: "
        f"{number_in_words(round(found.effect, 1))} times as many (95 % interval {between})."
    )


def _time_told(one: Candidate) -> str:
    found, measure = one.found, one.found.measure
    if found.value is None:
        mine = f"Fewer than half of {found.cases:,} {measure.cases} were {measure.done}, as far as is known"
    else:
        mine = f"Half of {found.cases:,} {measure.cases} {_was(measure.done)} within {duration_in_words(found.value)}"
    whose = "of the {0:,} others, at the same severities," if found.against == OTHERS else "of {0:,} in its earlier quarters"
    said = f"{mine}; {whose.format(found.of_others)} half within {_time(found.other)}"
    if one.longer is not None:
        middle, low, high = (duration_in_words(max(0.0, each)) for each in one.longer)
        return f"{said}: typically {middle} longer (95 % interval {low} to {high})."
    pace = f"at {found.effect:.2f} times their pace (95 % interval {found.low:.2f} to {found.high:.2f})"
    return f"{said}: {pace}, those still waiting counted."


def _past_told(found: Comparison) -> str:
    if found.against != EARLIER or found.within is None:
        return ""
    show = _number if found.measure.counts else _percent if found.measure.minutes else _time
    year = f"; in the same quarter a year ago it was {show(found.year_ago)}" if found.year_ago is not None else ""
    return f" Its earlier quarters lie around {show(found.within.middle)} and set the limit {show(found.within.high)}{year}."


def _elsewhere(found: Comparison) -> str:
    return "in earlier quarters" if found.against == EARLIER else "elsewhere"


def _was(done: str) -> str:
    return f"were {done}"


def _time(seconds: float | None) -> str:
    return "no known time" if seconds is None else duration_in_words(seconds)


def _number(value: float | None) -> str:
    return "–" if value is None else number_in_words(round(value, 0 if value >= 10 else 1))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{number_in_words(round(100 * share, 1))} %"


def _points(share: float) -> str:
    return number_in_words(round(100 * share, 1))
