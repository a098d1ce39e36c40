"""Signatures by Python's own OpenSSL are those of `cryptography`, which stands in for it."""

import os
import subprocess
import sys
from typing import Any

import pytest

from audit.sealing import ed25519

# RFC 8032, 7.1, test 2.
SECRET = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
PUBLIC = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
SIGNED = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"


@pytest.fixture(params=["python's", "cryptography's"])
def by(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "cryptography's":
        monkeypatch.setattr(ed25519, "_openssl", lambda: None)


@pytest.mark.usefixtures("by")
def test_the_example_of_the_standard() -> None:
    key = ed25519.private(bytes.fromhex(SECRET))
    assert key.public().hex() == PUBLIC
    assert key.sign(b"\x72").hex() == SIGNED


def test_both_sign_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets, message = [os.urandom(32) for _ in range(20)], os.urandom(300)
    mine = [(key.public(), key.sign(message), key.sign(b"")) for key in map(ed25519.private, secrets)]
    monkeypatch.setattr(ed25519, "_openssl", lambda: None)
    assert mine == [(key.public(), key.sign(message), key.sign(b"")) for key in map(ed25519.private, secrets)]


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("length", [0, 31, 33])
def test_what_is_no_key_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="are no key"):
        ed25519.private(b"x" * length)


def test_signing_loads_no_second_openssl() -> None:
    if ed25519._openssl() is None:
        pytest.skip("Python's own cannot be reached here")
    program = (
        "import sys; from audit.sealing import ed25519; ed25519.private(bytes(32)).sign(b'x'); sys.exit('cryptography' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
