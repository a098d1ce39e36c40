"""Another machine, as far as a process can be one: `python -m tests.reports.elsewhere LINES FOLDER` builds frozen lines into all formats."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from reports.exports.formats import FORMATS
from reports.packs.frozen_form import document_of_lines

HOME = Path(__file__).resolve().parents[2]
# Far ahead of UTC and behind it, where letters, numbers and files' encodings are others.
PLACES = (
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "1"},
    {"TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "4242"},
)


def made_elsewhere(lines: bytes, there: Mapping[str, str], folder: Path) -> dict[str, str]:
    """By its name the digest of each file that a process in the environment `there` makes of frozen lines."""
    kept, files = folder / "report.jsonl", folder / "files"
    kept.write_bytes(lines)
    files.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.reports.elsewhere", str(kept), str(files)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HOME), **there},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    lines, folder = Path(sys.argv[1]), Path(sys.argv[2])
    document = document_of_lines(lines.read_bytes().splitlines())
    written = [path for write in FORMATS.values() for path in write(document, folder)]
    sys.stdout.write(json.dumps({path.name: sha256(path.read_bytes()).hexdigest() for path in written}))
