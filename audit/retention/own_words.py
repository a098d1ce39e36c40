"""What a person said about themselves, kept by rooms above this one: each registers here how it forgets that with the person."""

from collections.abc import Callable

from portal.foundation.registry import Registry

# Takes the person's key and takes their words away, in the transaction of the erasure; how many there were. A second call finds none.
own_words: Registry[Callable[[int], int]] = Registry("room with words of persons about themselves")


def forget_own_words(person_key: int) -> int:
    """How many went."""
    return sum(forget(person_key) for _, forget in own_words)
