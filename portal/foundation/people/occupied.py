"""What keeps people busy, told by the apps that know: whoever holds something live cannot take another.

It is derived whenever it is asked for, not stored: so it is never out of date, and it ends with what it hangs on.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from portal.foundation.registry import Registry

from .availability import Statement

# People by primary key, an instant, and what is to be left out ('' for nothing): who is kept busy by what. One query each.
occupations: Registry[Callable[[Collection[int], datetime, str], Iterable[tuple[int, Statement]]]] = Registry("what keeps people busy")
