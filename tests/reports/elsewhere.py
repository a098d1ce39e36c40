"""Another machine, as far as a process can be one: `python -m tests.reports.elsewhere LINES FOLDER` builds frozen lines into all formats."""

import json
import sys
from hashlib import sha256
from pathlib import Path

from reports.exports.formats import FORMATS
from reports.packs.frozen_form import document_of_lines

if __name__ == "__main__":
    lines, folder = Path(sys.argv[1]), Path(sys.argv[2])
    document = document_of_lines(lines.read_bytes().splitlines())
    written = [path for write in FORMATS.values() for path in write(document, folder)]
    sys.stdout.write(json.dumps({path.name: sha256(path.read_bytes()).hexdigest() for path in written}))
