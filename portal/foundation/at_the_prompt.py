"""What whoever runs a command brings along: who they are to the operating system, and the file that they name."""

import getpass
import os
from pathlib import Path

from .errors import InvalidInput, NotFound
from .redaction import one_line


def operator() -> str:
    """The account at the operating system; its number where it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def content_of(file: str, most: int) -> bytes:
    """The content of `file`, at most one byte more than `most`, so that what is too large can be told. Raises NotFound, InvalidInput."""
    try:
        if not Path(file).is_file():
            raise NotFound(f"There is no file {one_line(file)}.")
        with Path(file).open("rb") as opened:
            return opened.read(most + 1)
    except (OSError, ValueError) as error:
        raise InvalidInput(one_line(f"{file} cannot be read: {error}.")) from error
