"""Asks both verifiers about the same file: verify.py in this process, verify.js in one Node that stays."""

import contextlib
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.evidence.verifier import verify

from .mutations import Case

NODE = shutil.which("node")
FILE = Path(str(verify.__file__)).with_name("verify.js")


class Verdict(NamedTuple):
    """What verifiers must agree on: the exit status, and the first bad index of what was tampered with."""

    status: int
    first_bad: int | None


@dataclass(frozen=True, slots=True)
class Both:
    """Both verifiers, and the folder where they find what they are asked about."""

    folder: Path
    node: subprocess.Popen[str]

    def told(self, words: list[str]) -> dict[str, Any]:
        """What verify.js says, as data."""
        assert self.node.stdin
        assert self.node.stdout
        self.node.stdin.write(json.dumps({"words": words}) + "\n")
        self.node.stdin.flush()
        answer: dict[str, Any] = json.loads(self.node.stdout.readline())
        return answer

    def asked(self, case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
        """What verify.py and what verify.js say, as data."""
        for name, content in {"bundle.zip": case.bundle, **case.files}.items():
            (self.folder / name).write_bytes(content)
        words = [str(self.folder / "bundle.zip"), *(word.format(folder=self.folder) for word in case.arguments)]
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            verify.main([*words, "--json"])
        return json.loads(said.getvalue()), self.told(words)


def verdict(told: dict[str, Any]) -> Verdict:
    tampered = [finding for finding in told.get("findings", []) if finding["word"] == "tampered" and finding["first"] is not None]
    # A place that ends before it begins is none.
    placed = [finding["first"] for finding in tampered if finding["last"] is None or finding["first"] <= finding["last"]]
    return Verdict(told["status"], min(placed, default=None))


def agree(python: dict[str, Any], javascript: dict[str, Any]) -> bool:
    """Whether both say the same. verify.py names no place in a bundle that it cannot read to its end; verify.js goes on reading."""
    cut_short = any(finding["text"].startswith("The bundle cannot be read to its end") for finding in python["findings"])
    return verdict(python) == verdict(javascript) or (cut_short and python["status"] == javascript["status"])


def difference(both: Both, case: Case) -> str:
    """How the verifiers differ over `case`, in words; '' when they agree."""
    python, javascript = both.asked(case)
    if agree(python, javascript):
        return ""
    return "\n".join(
        [f"{case.name}: verify.py {verdict(python)}, verify.js {verdict(javascript)}"]
        + [f"   py: {finding['text']}" for finding in python["findings"][:4]]
        + [f"   js: {finding['text']}" for finding in javascript.get("findings", [{"text": javascript.get("error")}])[:4]]
    )


def _valid(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    if NODE is None:
        pytest.skip("There is no Node on this machine.")
    # verify.py's own signatures are tested by themselves, and slow.
    monkeypatch.setattr(verify, "ed25519_valid", _valid)
    with subprocess.Popen([NODE, str(FILE), "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        yield Both(tmp_path, node)
        if node.stdin:
            node.stdin.close()
