"""How tests ask the verifier: as an auditor does, by its arguments, its exit status and what it prints."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.evidence.verifier import verify

from .made_bundles import Members, packed

Judge = Callable[..., dict[str, Any]]


@pytest.fixture
def judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Judge:
    """The verdict on a bundle, as data."""

    def judged(bundle: Members | bytes, *arguments: str) -> dict[str, Any]:
        path = tmp_path / "bundle.zip"
        path.write_bytes(bundle if isinstance(bundle, bytes) else packed(bundle, 0))
        status = verify.main([str(path), "--json", *arguments])
        verdict: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert status == verdict["status"]
        return verdict

    return judged


@pytest.fixture
def fast_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another implementation of Ed25519, for tests that verify thousands of signatures and are about something else."""

    def valid(public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    monkeypatch.setattr(verify, "ed25519_valid", valid)
