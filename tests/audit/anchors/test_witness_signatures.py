"""Ed25519 as the witness has it, against RFC 8032's own vectors and against `cryptography`."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.evidence.verifier.witness import ed25519_sign, ed25519_valid, public_of

# RFC 8032, section 7.1: seed, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("seed", "public", "message", "signature"), VECTORS)
def test_the_vectors_of_the_rfc_hold(seed: str, public: str, message: str, signature: str) -> None:
    own = public_of(bytes.fromhex(seed))
    assert own.hex() == public
    assert ed25519_sign(bytes.fromhex(seed), own, bytes.fromhex(message)).hex() == signature
    assert ed25519_valid(own, bytes.fromhex(message), bytes.fromhex(signature))


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_whatever_is_signed_is_what_another_library_signs(seed: bytes, message: bytes) -> None:
    other = Ed25519PrivateKey.from_private_bytes(seed)
    public = other.public_key().public_bytes_raw()
    assert public_of(seed) == public
    assert ed25519_sign(seed, public, message) == other.sign(message)


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(0, 511), st.binary(max_size=20))
def test_one_changed_bit_makes_a_signature_invalid(seed: bytes, bit: int, message: bytes) -> None:
    other = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = other.public_key().public_bytes_raw(), bytearray(other.sign(message))
    assert ed25519_valid(public, message, bytes(signature))
    signature[bit // 8] ^= 1 << bit % 8
    assert not ed25519_valid(public, message, bytes(signature))
    assert not ed25519_valid(public, message + b"x", other.sign(message))


def test_nonsense_is_not_valid() -> None:
    for public, signature in ((b"", b""), (b"\xff" * 32, b"\xff" * 64), (bytes(32), b"\xff" * 64)):
        assert not ed25519_valid(public, b"message", signature)
