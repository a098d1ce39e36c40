"""The definitions of the record's figures as a page: `python -m reports.accountability.paper > docs/accountability.md`."""

from reports.metrics.definitions import definition_of

from .definitions import FEWEST, MEASURES
from .suppression import FEWEST_BEHIND
from .team_definitions import MEASURES as TEAM_MEASURES
from .teams import RULE
from .wording import NOTE

_HEAD = f"""# Accountability records

Written from the docstrings in `reports/accountability/definitions.py` by `python -m reports.accountability.paper`; a test fails when the two differ.

A record tells what one person answered for in a quarter (UTC), or all of a team together: the context stands beside each figure, and the
person's own words beside the whole. It is made for talks about work, and is no list of the blamed: nobody is ranked, nobody is compared by
name, and no pack or export of the quarter names anybody.

- **Who sees it.** Everybody their own, always. A manager, by the right 'see accountability', the people and teams of the business units that
  the manager's own teams belong to, with the parts of these, and whoever reports to the manager. Compliance, by 'see all accountability',
  everybody's. To everybody else a record does not exist; of their own teams people see the line in the table of teams.
- **Each look at somebody else's record is an event** of the audit trail, and so is each download.
- **Comments.** Everybody may say something about their own record of any quarter. A comment is added, never changed, and whoever sees the
  record reads it; the audit trail says that there is one, not what it says. The words go when two people [erase](rules/retention.md) the data of
  somebody who left; that something was said stays.
- **Small numbers.** {NOTE} What somebody owes to know is told whatever its number, for it is theirs to put right.
- **Teams** are sums over who is in them now; of a team of fewer than {FEWEST} there are none, for they would tell of each.
"""

_TEAMS = """The page *My record, See the teams* and a chapter of the pack have a line for each team: the sums of its people, in the order of names, with all
people together as context. A reader of the page finds the lines of the own teams and of those that they may see by right; the pack of a unit those
of its teams. Every line says the same to everybody, so that no two tables tell a third. Sums of a team as on a record of its own are for those
only who may see the record of each of its people."""

_LIMITS = f"""### What this does not keep back

A test takes all that is told, as somebody would who has every page, file and pack, and solves the sums. It finds no number that is kept back, nor
does it with the own number of any one person added. These it does not stop:

- **One group alone.** Where everybody counts in one group, its hand-offs are those of the whole organisation, which other chapters tell.
- **Two times.** A table of a running quarter, and figures that are frozen anew under the next number, may be held against what they were: what came between
  the two comes out, and when only few things did, it is of a few people. Nobody can be kept from looking twice; each download of a pack is an event.
- **Several people who tell each other their own numbers**, from {FEWEST_BEHIND - 1} on.
- **Incidents themselves.** Whoever may see incidents finds in their timelines who was alerted and who handed over, and can count.
- **Records.** Whoever may see the sums of a team as a record, and the record of each of its people, can take the one from the others. There 'too few to say' keeps a handful from being read as a judgement; it is no secret from them."""


def as_markdown() -> str:
    """The whole page, ending with a line break."""
    lines = [_HEAD]
    for function, title, unit in MEASURES:
        lines += [f"## {title}", "", f"`{function.__name__}`, in {unit}.", "", definition_of(function), ""]
    lines += ["## The table of teams", "", _TEAMS, "", RULE, "", _LIMITS, ""]
    for measure in TEAM_MEASURES:
        lines += [f"### {measure.title}", "", f"`{measure.name}`, in {measure.unit}.", "", definition_of(measure.function), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


if __name__ == "__main__":
    print(as_markdown(), end="")  # noqa: T201
