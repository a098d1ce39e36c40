"""What keeps people busy, told by the apps that know: whoever holds something live cannot take another.

It is derived whenever it is asked for, not stored: so it is never out of date, and it ends with what it hangs on.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from portal.foundation.registry import Registry

from .availability import Statement

# People by primary key, and an instant: who is kept busy by what, the earliest first, a statement for each thing. One query each.
occupations: Registry[Callable[[Collection[int], datetime], Iterable[tuple[int, Statement]]]] = Registry("what keeps people busy")
