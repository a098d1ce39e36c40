"""For every check a policy that makes it speak, and a policy close by about which it is silent.

Writes: nothing.
Reads: the pure decisions.
Never: touches the database.
"""

from .base import Pair
from .pathway import PATHWAY
from .people import PEOPLE
from .severity import SEVERITY
from .told import TOLD

PAIRS: dict[str, Pair] = {**PATHWAY, **SEVERITY, **PEOPLE, **TOLD}
