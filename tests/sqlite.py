"""Runs a command against SQLite, whatever DATABASE_URL says outside: `python -m tests.sqlite COMMAND…`."""

import os
import subprocess
import sys


def main() -> int:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(sys.argv[1:], env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
