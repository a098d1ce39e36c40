"""Many events of one request, such as an import's, as one line of a page that can be opened."""

from collections import Counter
from dataclasses import dataclass, field

from audit.ledger.models import LedgerEvent

from .things import older_of_request

# Fewer of one kind stand as they are.
FEWEST = 6
MOST_FOLDED = 20_000
# So many of a page's runs are folded; more are rare, and each is a query.
MOST_FOLDS = 6
Run = tuple[str, str]


@dataclass(slots=True)
class Folds:
    """What was folded on one page: `more` says for the event that stands for a run how many older ones of the run are under it."""

    more: dict[int, int] = field(default_factory=dict)
    _runs: set[Run] = field(default_factory=set)

    def __call__(self, found: list[LedgerEvent]) -> frozenset[int]:
        """Which events the page leaves out, when `found` are those it would show."""
        runs = Counter(run for event in found if (run := run_of(event)) is not None)
        left_out: set[int] = set()
        for run, count in runs.most_common():
            if count < FEWEST or run in self._runs or len(self._runs) == MOST_FOLDS:
                continue
            self._runs.add(run)
            first = max(event.pk for event in found if run_of(event) == run)
            under = older_of_request(*run, before=first, most=MOST_FOLDED)
            self.more[first] = len(under)
            left_out |= set(under)
        return frozenset(left_out)


def run_of(event: LedgerEvent) -> Run | None:
    """What it is folded by: its request and its type."""
    return (event.request_id, event.type) if event.request_id else None
