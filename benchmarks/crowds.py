"""Who is who for the incidents of a service on a day, and the rosters that say so: incidents of one day share theirs word for word."""

import json
from functools import cache
from typing import Any

import numpy as np
from recorded import seats
from stories import HEAD, LEAD, PRIMARY, RELIEF, SECOND, SPOKESPERSON

# A service has ten people: six on call in turn, two who lead it week by week, the head of its unit, and who speaks for it.
EACH, ON_CALL, UNITS = 10, 6, 12


def people_of(service: Any, day: Any) -> Any:
    """The places among all people of those who are PRIMARY, LEAD and so on, a row for each of `service` on each of `day`."""
    first, found = service * EACH, np.empty((len(service), 6), dtype=np.int64)
    for turn, who in enumerate((PRIMARY, SECOND, RELIEF)):
        found[:, who] = first + (day + turn) % ON_CALL
    found[:, LEAD] = first + ON_CALL + day // 7 % 2
    found[:, HEAD] = service % UNITS * EACH + ON_CALL + 2
    found[:, SPOKESPERSON] = first + ON_CALL + 3
    return found


@cache
def names(people: int) -> Any:
    return np.array([f"Person {place}" for place in range(people)], dtype=object)


class Rosters:
    """The rosters of a chunk of incidents, each put into words once."""

    def __init__(self, people: Any) -> None:
        self.crowds, self.of = np.unique(people, axis=0, return_inverse=True)

    def words(self, kind: str, from_level: int) -> Any:
        told = [_in_words(crowd, kind, from_level) for crowd in self.crowds.tolist()]
        return np.array(told, dtype=object)[self.of.reshape(-1)]


def _in_words(crowd: list[int], kind: str, from_level: int) -> str:
    return json.dumps(seats(kind, lambda who: crowd[who] + 1, lambda who: f"Person {crowd[who]}", from_level))
