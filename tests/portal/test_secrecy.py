"""Secrets in the database: readable with the key, while the key changes, and not when somebody changed them."""

from typing import Any

import pytest

from portal.foundation.secrecy import Unreadable, seal, unseal


def test_what_was_sealed_is_read_for_the_same_purpose_only() -> None:
    sealed = seal("the secret", purpose="one")
    assert "secret" not in sealed
    assert sealed != seal("the secret", purpose="one")
    assert unseal(sealed, purpose="one") == "the secret"
    with pytest.raises(Unreadable):
        unseal(sealed, purpose="two")


def test_the_key_is_changed_with_everything_running(settings: Any) -> None:
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key " * 5
    settings.SECRET_KEY_FALLBACKS = [old]
    new = seal("the secret", purpose="one")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], old
    assert unseal(new, purpose="one") == "the secret"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unreadable, match="SECRET_KEY_FALLBACKS"):
        unseal(new, purpose="one")


@pytest.mark.parametrize("value", ["", "s1", "s1.00000000.x", "s2.a.b", "x" * 500])
def test_what_is_no_sealed_value_is_said_to_be_none(value: str) -> None:
    with pytest.raises(Unreadable):
        unseal(value, purpose="one")


def test_a_changed_one_is_not_read() -> None:
    sealed = seal("the secret", purpose="one")
    for at in (len(sealed) - 6, 20):
        changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        with pytest.raises(Unreadable):
            unseal(changed, purpose="one")
