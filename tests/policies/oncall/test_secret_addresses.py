"""A secret is told by name only, and what is kept of it does not lead back."""

from policies.oncall.secret_addresses import Secret, hash_of


def test_a_secret_cannot_be_guessed_and_does_not_show_itself() -> None:
    secret, other = Secret.new(), Secret.new()
    assert len(secret.token) >= 43, "256 bits"
    assert secret.token != other.token
    assert secret.token not in repr(secret)
    assert secret.token.startswith(secret.hint)
    assert (len(secret.hint), len(secret.hash), secret.hash == hash_of(secret.token)) == (6, 64, True)
