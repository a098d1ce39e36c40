"""A ledger with a key of its own, and two people of compliance."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from portal.foundation import clock
from tests.factories.portal import person


@pytest.fixture(autouse=True)
def keys_folder(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS = str(tmp_path / "keys")


@pytest.fixture
def today() -> datetime:
    """The database looks at its own clock, so these tests do."""
    return clock.now()


@pytest.fixture
def ana(db: None) -> Any:
    return person("Ana", roles=("compliance",))


@pytest.fixture
def tom(db: None) -> Any:
    return person("Tom", roles=("compliance",))
