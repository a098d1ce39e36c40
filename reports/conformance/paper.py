"""The page that publishes what is checked: `python -m reports.conformance.paper > docs/conformance.md`."""

from .published import RULES, definition_in_words
from .values import CONFUSION, Kind

_HEAD = """# Conformance: the course held against the policy

Each escalation keeps the policy version that it began with. Every quarter its recorded course is held against that version, and each place where the two
differ is told with its class, what was expected, what happened, and the reason on record, if there is one.

```
python manage.py check_conformance 2016Q1 [--replay] [--json]
```

The same stands in the [pack](pack.md) (the most telling twenty on paper, all of them in the files) and in the admin under *Report, Conformance*, by class,
rationale and service, each leading to its incident's timeline. Deviations of incidents out of a reader's reach are counted there and not shown.

![The deviations of a quarter: how many by class, and a line for each with what was expected and what happened](images/conformance.png)

The definitions below are the docstrings of the rules in `reports/conformance/` (`timing.py`, `route.py`, `records.py`, `confusion.py`); a test fails when
the two differ.

## How it is checked
- **Against what.** Windows, waits, reminders, milestones, levels and needs for an analysis come from the frozen content of the version that the run follows,
  at the pace of the severity that the engine recorded with each step. A run whose version cannot be read any more, or is not the one it began with, is
  counted as not checked.
- **From what.** The columns of runs and steps alone say when a window closes: the last alert, the waits before it, the time on hold. What the engine
  thought its window was is not asked. Of the inputs recorded with a step only the incident's severity, its start level and the roster are read.
- **Not a second engine.** Whatever the engine does by itself, on time, on any policy, with any roster and any orders, is no deviation; whatever it does
  late is a late step and nothing else. Tests hold both against generated histories of the real engine, and plant each class into honest courses, at their
  beginning, middle and end.
- **Decided again.** With `--replay` the command also gives every pass's recorded inputs to the engine's own function, with the version that the run follows,
  and tells each pass whose record, or whose time, is not what comes out. That costs a tenth of a millisecond a pass, so packs and pages leave it to the
  rules below.
- **Of what.** All tracks of all operational incidents opened in the period. Drills are left out. Signatures, closings and reviews count as they stood at the
  last thing told about the incidents, so that a pack made anew from the same figures says the same.
- **At which cost.** About nine microseconds of processor time a step (1.4 s for 25,000 incidents with 166,000 steps on SQLite), in a constant number of
  queries.

## With a rationale or without
A rationale is a reason that somebody gave when they departed from the route: with a bypass, a waived signature, a waived post-mortem, the use of a mandate, a change that could not wait. It
does not make the deviation right; it lets a review decide. Deviations without one stand first.
"""

_TAIL = """
## What is not checked, and why
| Not checked | Why |
| --- | --- |
| Changes during a freeze that follows no incident, such as that of a year's close | They depart from no incident's course. The page of each freeze lists what began during it, with approval and words. |
| Whether a change was on record at all | What no change tool and nobody told the portal it cannot know. |
| Whether somebody had the right to what they did, then | Each verb asks for the right when it is done and refuses without it. What roles gave at an earlier time would have to be put together from the trail; *acting without a role* asks for the rights of now, and says so. |
| Whether the limits of a mandate were kept, in substance | Limits are words. A reviewer's verdict is counted. |
| Whether the roster was right | The roster recorded with an alert is what the engine found then. Gaps and clashes of duty are found by the check of coverage. |
| Whether the severity was right | Grading follows the rules of its own, which reviews of policies look at. |
| Whether it was a person's fault | A deviation is about a course, and a sign of role confusion is a question. Neither names anybody in packs or on the command line. |
| What imported incidents did | They ran no escalation here. Moves between their groups are looked at all the same. |
"""


def as_markdown() -> str:
    """The whole page, ending with a line break."""
    course = [kind for kind in RULES if kind not in CONFUSION]
    parts = [
        _HEAD,
        "## Deviations\n",
        *map(_told, course),
        "## Signs of role confusion\n",
        *map(_told, [kind for kind in RULES if kind in CONFUSION]),
    ]
    return "\n".join(parts).rstrip("\n") + "\n" + _TAIL


def _told(kind: Kind) -> str:
    return f"### {kind.words}\n\n`{kind.value}`. {definition_in_words(kind)}\n"


if __name__ == "__main__":
    print(as_markdown(), end="")  # noqa: T201
