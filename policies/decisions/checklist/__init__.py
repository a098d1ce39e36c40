"""Everything the checks can say, in the order of docs/rules/checks.md.

Writes: nothing.
Reads: nothing.
Never: changes the meaning of an id.
"""

from .pathway import PATHWAY
from .people import PEOPLE
from .severity import SEVERITY
from .told import TOLD
from .weights import Check, Weight

__all__ = ["CHECKS", "Check", "Weight"]

CHECKS: dict[str, Check] = {check.id: check for check in (*PATHWAY, *SEVERITY, *PEOPLE, *TOLD)}
