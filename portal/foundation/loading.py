"""Loading code without what it would only load because it happens to be installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Inside, `packages` look as if they were not installed; those that are loaded already stay. Afterwards they can be had as ever."""
    hidden = [name for name in packages if name not in sys.modules]
    # What the import system itself reads as 'not there'.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
