"""A folder of keys for each test, and people who review."""

from pathlib import Path
from typing import Any

import pytest

from tests.factories import log_reviews as make


@pytest.fixture(autouse=True)
def keys_folder(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS = str(tmp_path / "keys")


@pytest.fixture
def rita(db: None) -> Any:
    return make.reviewer("Rita Reviewer")


@pytest.fixture
def sam(db: None) -> Any:
    return make.reviewer("Sam Signer")
