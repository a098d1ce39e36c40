"""The witness that ships with the portal, as a process, and keys of witnesses."""

import base64
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.anchors.anchor import Anchor
from audit.anchors.configured import parse
from audit.evidence.verifier import witness

PROGRAM = Path(witness.__file__)


@dataclass(frozen=True)
class Running:
    """Its key in text, and the address for LEDGER_ANCHORS."""

    key: str
    address: str

    @property
    def anchor(self) -> Anchor:
        return parse(self.address)


def a_witness_key(name: str) -> str:
    """A public key of a witness in text."""
    data = b"\x04" + Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    identity = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    return f"{name}+{identity.hex()}+{base64.b64encode(data).decode()}"


@contextmanager
def running_witness(folder: Path, *log_keys: str, name: str = "witness.example/w1", port: int = 0) -> Iterator[Running]:
    """Runs with its state in `folder` until the end of the block."""
    keys = [part for key in log_keys for part in ("--log-key", key)]
    command = [sys.executable, str(PROGRAM), "--name", name, *keys, "--listen", f"127.0.0.1:{port}", "--state", str(folder / "witness.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            key, told = process.stdout.readline().strip(), process.stdout.readline().strip()
            yield Running(key, told.removeprefix("For LEDGER_ANCHORS: "))
        finally:
            process.kill()
