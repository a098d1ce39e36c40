"""Checkpoints in a file elsewhere: one after another, and never on from a file that lost some."""

from datetime import datetime
from pathlib import Path

import pytest

from audit.anchors import file
from audit.anchors.anchor import AnchorFailed, Shown
from audit.anchors.configured import parse


def show(path: Path, note: str, now: datetime, previous: Shown | None = None) -> Shown:
    receipt = file.show(parse(f"file://{path}"), note, previous=previous, now=now)
    return Shown(1, 42, now, receipt)


def test_notes_stand_one_after_another_and_are_read_back(tmp_path: Path, note: str, now: datetime) -> None:
    path = tmp_path / "checkpoints"
    first = show(path, note, now)
    second = show(path, note.replace("42", "43"), now, first)
    assert list(file.kept(path)) == [note, note.replace("42", "43")]
    assert b"incident-escalation-portal 42 CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n" in first.receipt
    place = file.PLACE.search(second.receipt)
    assert place
    assert path.read_bytes()[int(place[1]) :][: int(place[2])].decode() == note.replace("42", "43")


@pytest.mark.parametrize("damage", [b"", b"incident", b"x" * 2000])
def test_a_file_that_lost_what_it_had_gets_no_more(tmp_path: Path, note: str, now: datetime, damage: bytes) -> None:
    path = tmp_path / "checkpoints"
    first = show(path, note, now)
    path.write_bytes(damage)
    with pytest.raises(AnchorFailed, match="no longer holds the checkpoint of 42 entries"):
        show(path, note, now, first)
    assert path.read_bytes() == damage


def test_a_file_that_is_gone_is_not_made_anew(tmp_path: Path, note: str, now: datetime) -> None:
    path = tmp_path / "checkpoints"
    first = show(path, note, now)
    path.unlink()
    with pytest.raises(AnchorFailed, match="Is its disk mounted"):
        show(path, note, now, first)
    assert not path.exists()


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path, note: str, now: datetime) -> None:
    with pytest.raises(AnchorFailed, match="No such file or directory"):
        show(tmp_path / "not-mounted" / "checkpoints", note, now)


@pytest.mark.parametrize("length", [1, 30, 120, -1])
def test_a_writer_that_died_in_the_middle_spoils_no_other_note(tmp_path: Path, note: str, now: datetime, length: int) -> None:
    path = tmp_path / "checkpoints"
    first = show(path, note, now)
    with path.open("a") as torn:
        torn.write(note[:length])
    show(path, note.replace("42", "44"), now, first)
    found = list(file.kept(path))
    assert (found[0], found[-1]) == (note, note.replace("42", "44"))
