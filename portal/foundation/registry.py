"""A named collection that apps fill at start and foundation code reads: how upward needs are met without importing upward."""

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Entries by key, in the order of registration. A key is taken once; taking it twice is a mistake in the code."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._entries: dict[str, T] = {}

    def register(self, key: str, entry: T) -> T:
        if key in self._entries and self._entries[key] is not entry:
            raise ValueError(f"{self._what} '{key}' is registered twice.")
        self._entries[key] = entry
        return entry

    def get(self, key: str) -> T | None:
        return self._entries.get(key)

    def __getitem__(self, key: str) -> T:
        try:
            return self._entries[key]
        except KeyError:
            raise LookupError(f"No {self._what} is called '{key}'. Known: {', '.join(self._entries) or 'none'}.") from None

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(self._entries.items())
