"""A key is taken once."""

import pytest

from portal.foundation.registry import Registry


def test_entries_come_back_in_the_order_of_registration() -> None:
    drinks: Registry[str] = Registry("drink")
    drinks.register("tea", "hot")
    drinks.register("water", "cold")
    assert list(drinks) == [("tea", "hot"), ("water", "cold")]


def test_a_second_taker_and_an_unknown_key_are_told_by_name() -> None:
    drinks: Registry[str] = Registry("drink")
    drinks.register("tea", "hot")
    with pytest.raises(ValueError, match="drink 'tea' is registered twice"):
        drinks.register("tea", "cold")
    with pytest.raises(LookupError, match="No drink is called 'mead'"):
        drinks["mead"]
