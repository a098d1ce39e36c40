"""A folder of keys for each test."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def keys_folder(tmp_path: Path, settings: Any) -> Path:
    settings.LEDGER_KEYS = str(tmp_path / "keys")
    return tmp_path / "keys"
