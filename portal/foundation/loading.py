"""Loading code without what it would only load because it happens to be installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


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


@contextmanager
def only_when_called(module: str, name: str) -> Iterator[None]:
    """Inside, all of `module` is a function `name` that loads the real one and calls its `name`; is it loaded already, it stays. Afterwards it
    can be had as ever."""
    if module in sys.modules:
        yield
        return

    def called(*args: Any, **kwargs: Any) -> Any:
        return getattr(import_module(module), name)(*args, **kwargs)

    stand_in = ModuleType(module)
    setattr(stand_in, name, called)
    sys.modules[module] = stand_in
    try:
        yield
    finally:
        del sys.modules[module]
