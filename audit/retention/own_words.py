"""What a person said about themselves, or others said naming them, kept by rooms above this one: each registers here how it forgets that."""

from collections.abc import Callable

from portal.foundation.registry import Registry

# Takes the person's key and takes their words away, in the transaction of the erasure and while their names are known; how many there were.
# A second call finds none.
own_words: Registry[Callable[[int], int]] = Registry("room with words of persons about themselves")


def forget_own_words(person_key: int) -> int:
    """How many went."""
    return sum(forget(person_key) for _, forget in own_words)
