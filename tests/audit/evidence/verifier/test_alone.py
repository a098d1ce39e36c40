"""verify.py stands on its own: one file, any Python from 3.9 on, nothing installed, nothing of ours."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from audit.evidence.verifier import verify

from .made_bundles import packed, small_ledger

FILE = Path(str(verify.__file__))
SOURCE = FILE.read_text()
TREE = ast.parse(SOURCE, feature_version=(3, 9))
STANDARD = {"__future__", *sys.stdlib_module_names}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle in a folder of its own, with a module beside it that must not be imported."""
    path = tmp_path / "bundle.zip"
    path.write_bytes(packed(small_ledger().export()))
    (tmp_path / "json.py").write_text("raise SystemExit(99)")
    return path


def test_it_runs_without_site_packages_environment_or_other_files(bundle: Path) -> None:
    copy = bundle.with_name("verify.py")
    copy.write_text(SOURCE)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(copy), bundle.name], cwd=bundle.parent, env={}, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("SOUND: ")


def test_its_exit_status_is_that_of_the_verdict(bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:-1])
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(FILE), str(bundle)], env={"LC_ALL": "C"}, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout.split(":")[0], done.stderr) == (2, "INCOMPLETE", "")


def test_it_imports_the_standard_library_only() -> None:
    imports = [node for node in ast.walk(TREE) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in imports if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= STANDARD
    assert not {"socket", "urllib", "http", "ssl", "subprocess", "os"} & {name.partition(".")[0] for name in names}


def test_it_writes_no_file_and_runs_nothing() -> None:
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(TREE)
        if isinstance(node, ast.Call)
    }
    assert not called & {"write_text", "write_bytes", "extract", "extractall", "eval", "exec", "system", "popen", "unlink", "mkdir"}
    assert not re.search(r"open\(.*[\"'][wax]", SOURCE)


def test_its_syntax_is_that_of_python_3_9() -> None:
    assert not [node for node in ast.walk(TREE) if isinstance(node, ast.Match)]
    assert "strict=" not in SOURCE
    assert "datetime.UTC" not in SOURCE
    # Annotations are text there; what else stands in brackets is looked up, and `bytes | None` means nothing to it.
    said = [node.annotation for node in ast.walk(TREE) if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation]
    said += [node.returns for node in ast.walk(TREE) if isinstance(node, ast.FunctionDef) and node.returns]
    annotated = {id(inner) for node in said for inner in ast.walk(node)}
    looked_up = [node for node in ast.walk(TREE) if isinstance(node, ast.Subscript) and id(node) not in annotated]
    unions = [
        inner for node in looked_up for inner in ast.walk(node.slice) if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.BitOr)
    ]
    assert [node.lineno for node in unions] == []


def test_its_functions_are_short_enough_to_read() -> None:
    functions = [node for node in ast.walk(TREE) if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno > 25] == []


def test_whatever_fails_inside_is_not_called_sound(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("boom\x1b[2J")

    monkeypatch.setattr(verify, "check_bundle", fails)
    assert verify.main([str(bundle)]) == 1
    assert "\x1b" not in capsys.readouterr().out
