"""What a parent that only waits gives back."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
ASK = """
import hashlib, json, re, sqlite3
from portal.management.shared_memory import let_go_of_code

def mapped():
    smaps = open("/proc/self/smaps").read()
    return sum(int(found) for found in re.findall(r" r-xp [^\\n]*/[^\\n]*\\n.*?\\nRss: +(\\d+) kB", smaps, re.DOTALL))

before = mapped()
let_go_of_code()
after = mapped()
print(before, after, hashlib.sha256(b"still here").hexdigest()[:8], *sqlite3.connect(":memory:").execute("SELECT 40 + 2").fetchone())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Other systems are not told.")
def test_machine_code_that_only_loading_needed_is_given_back_and_read_again_when_it_is_needed() -> None:
    said = subprocess.run([sys.executable, "-c", ASK], cwd=PROJECT, check=True, capture_output=True, text=True).stdout.split()
    assert int(said[1]) < int(said[0]) / 2
    assert said[2:] == ["0f6203d2", "42"]
