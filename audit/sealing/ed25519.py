"""Signing by the OpenSSL that Python is linked to. `cryptography` brings a second one along, which would be 10 MB for the sealer alone.

Where Python has none of its own that can be reached, `cryptography` signs; the signatures are the same to the last bit.
"""

import ctypes
from functools import cache
from typing import Any, Protocol

# As OpenSSL numbers it.
_KIND = 1087
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64


class Private(Protocol):
    """A private key."""

    def public(self) -> bytes:
        """Its public key, 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""


def private(secret: bytes) -> Private:
    """The key of these 32 bytes. Raises ValueError when there are more or fewer."""
    if len(secret) != _KEY_BYTES:
        raise ValueError(f"{len(secret)} bytes are no key.")
    return _ByPython(secret) if _openssl() else _ByCryptography(secret)


class _ByPython:
    def __init__(self, secret: bytes) -> None:
        self._openssl = _openssl()
        self._key = _given(self._openssl.EVP_PKEY_new_raw_private_key(_KIND, None, secret, len(secret)))

    def __del__(self) -> None:
        if key := getattr(self, "_key", None):
            self._openssl.EVP_PKEY_free(key)

    def public(self) -> bytes:
        found, size = ctypes.create_string_buffer(_KEY_BYTES), ctypes.c_size_t(_KEY_BYTES)
        _given(self._openssl.EVP_PKEY_get_raw_public_key(self._key, found, ctypes.byref(size)))
        return found.raw

    def sign(self, message: bytes) -> bytes:
        signature, size = ctypes.create_string_buffer(_SIGNATURE_BYTES), ctypes.c_size_t(_SIGNATURE_BYTES)
        context = _given(self._openssl.EVP_MD_CTX_new())
        try:
            _given(self._openssl.EVP_DigestSignInit(context, None, None, None, self._key))
            _given(self._openssl.EVP_DigestSign(context, signature, ctypes.byref(size), message, len(message)))
        finally:
            self._openssl.EVP_MD_CTX_free(context)
        return signature.raw


class _ByCryptography:
    def __init__(self, secret: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(secret)

    def public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


@cache
def _openssl() -> Any:
    """What Python's own `hashlib` is linked to; None where that cannot be reached, or is no OpenSSL that knows Ed25519."""
    try:
        import _hashlib

        library = ctypes.CDLL(_hashlib.__file__)
        _declare(library)
    except (ImportError, OSError, AttributeError):
        return None
    return library


def _declare(library: Any) -> None:
    """Raises AttributeError for a function that is not there."""
    pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    for name, result, arguments in (
        ("EVP_PKEY_new_raw_private_key", pointer, (ctypes.c_int, pointer, text, size)),
        ("EVP_PKEY_get_raw_public_key", ctypes.c_int, (pointer, pointer, pointer)),
        ("EVP_PKEY_free", None, (pointer,)),
        ("EVP_MD_CTX_new", pointer, ()),
        ("EVP_MD_CTX_free", None, (pointer,)),
        ("EVP_DigestSignInit", ctypes.c_int, (pointer, pointer, pointer, pointer, pointer)),
        ("EVP_DigestSign", ctypes.c_int, (pointer, pointer, pointer, text, size)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments


def _given(result: Any) -> Any:
    """What OpenSSL gave, or that it failed: 0, less, or nothing."""
    if not result or result < 0:
        raise ValueError("OpenSSL refused this key or message.")
    return result
