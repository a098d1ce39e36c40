"""What a module keeps between calls is forgotten before each test, or cannot be told from outside: else the order of the tests would decide."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.remembered import FORGOTTEN, STAYS

PROJECT = Path(__file__).resolve().parents[2]
APPS = ("portal", "audit", "policies", "incidents", "reports")
DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
# Filled once at start, locks, and what is put back by the block that sets it.
ONCE_FOR_ALL = {
    "BoundedSemaphore", "ContextVar", "Library", "Lock", "Registry", "SimpleRouter", "SystemRandom", "_sha256", "getLogger",
    "get_wsgi_application",
}  # fmt: skip
NAMES_OF_DJANGO = {"urlpatterns", "app_name"}


def kept_by(path: Path) -> Iterator[str]:
    """The names that a module begins in small letters, so that they are no constants, and that hold what can change."""
    for statement in ast.parse(path.read_text("utf-8")).body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        value, targets = statement.value, statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        called = ast.unparse(value.func).rpartition(".")[2] if isinstance(value, ast.Call) else ""
        if isinstance(value, DISPLAYS) or (called and called not in ONCE_FOR_ALL):
            for name in (target.id for target in targets if isinstance(target, ast.Name)):
                if not name.startswith("__") and name.lstrip("_")[:1].islower() and name not in NAMES_OF_DJANGO:
                    yield name


def test_what_a_module_keeps_is_forgotten_before_each_test_or_cannot_be_told() -> None:
    files = [path for app in APPS for path in (PROJECT / app).rglob("*.py") if not {"migrations", "settings"} & {*path.parts}]
    kept = {f"{path.relative_to(PROJECT).as_posix()}:{name}" for path in files for name in kept_by(path)}
    assert kept == {*FORGOTTEN, *STAYS}, "Say in tests/remembered.py how it is forgotten, or why no test can tell."


def test_what_can_change_is_seen_whatever_it_is_made_of(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("_a: dict[str, int] = {}\nb = [0]\nc = Counter()\n_d = threading.Lock()\nE = {}\nf = 1\n__all__ = ['x']\ng: int\n")
    assert list(kept_by(module)) == ["_a", "b", "c"]
