"""The folder of the keys: closed to others, never half written, and the keys in it."""

import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audit.sealing import folder, keys
from audit.sealing.last_note import LastNote, recall, remember
from audit.sealing.notes import Checkpoint
from portal.foundation.errors import WrongState


def test_a_key_is_made_on_first_use_and_then_stays(keys_folder: Path) -> None:
    first = keys.present()
    assert keys.present().vkey == first.vkey
    assert keys.public_keys() == [first.vkey]
    assert stat.S_IMODE(keys_folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys_folder.iterdir()}
    assert modes == {"key": 0o600, "lock": 0o600, "keys.txt": 0o644}


def test_of_a_folder_that_others_may_enter_they_read_what_is_public_and_no_key(keys_folder: Path) -> None:
    old = keys.present()
    keys.make_following()
    keys.promote()
    remember(LastNote(Checkpoint("ledger", 1, b"root", datetime(2026, 3, 2, tzinfo=UTC)), 0, (old.vkey,)))
    keys_folder.chmod(0o711)
    assert len(keys.public_keys()) == 2
    assert {path.name for path in keys_folder.iterdir() if path.stat().st_mode & stat.S_IROTH} == {"keys.txt", "sealed"}


@pytest.mark.parametrize("file", ["keys.txt", "."])
def test_what_others_can_write_is_not_believed(keys_folder: Path, file: str) -> None:
    keys.present()
    (keys_folder / file).chmod(0o777)
    with pytest.raises(folder.Exposed, match="can write"):
        keys.public_keys()


@pytest.mark.parametrize(("file", "mode"), [("key", 0o640), ("key", 0o604), (".", 0o770)])
def test_a_key_that_others_can_read_signs_nothing(keys_folder: Path, file: str, mode: int) -> None:
    keys.present()
    (keys_folder / file).chmod(mode)
    with pytest.raises(folder.Exposed, match="Others than the portal's own account"):
        keys.present()


def test_a_key_that_went_missing_is_not_replaced_by_a_new_one(keys_folder: Path) -> None:
    keys.present()
    (keys_folder / "key").unlink()
    with pytest.raises(WrongState, match="Put it back from your backup"):
        keys.present()


@pytest.mark.parametrize("text", ["", "nonsense", "PRIVATE+KEY+a+b+c", "PRIVATE+KEY+incident-escalation-portal+00000000+AQ=="])
def test_a_file_that_is_no_key_is_said_to_be_none(keys_folder: Path, text: str) -> None:
    keys.present()
    folder.write_durably("key", text)
    with pytest.raises(WrongState, match=r"holds no key|is not a key"):
        keys.present()


def test_the_key_of_another_ledger_is_refused(settings: Any) -> None:
    keys.present()
    settings.LEDGER_NAME = "another"
    with pytest.raises(WrongState, match="not a key of the ledger 'another'"):
        keys.present()


def test_a_following_key_takes_over_and_the_list_keeps_both(keys_folder: Path) -> None:
    old, new = keys.present(), keys.make_following()
    with pytest.raises(WrongState, match="waits for the next checkpoint"):
        keys.make_following()
    keys.promote()
    keys.promote()
    assert (keys.present().vkey, keys.following()) == (new.vkey, None)
    assert keys.public_keys() == [old.vkey, new.vkey]


def test_a_secret_is_not_shown_by_accident() -> None:
    assert "sign" not in repr(keys.present())


def test_a_write_that_fails_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch, keys_folder: Path) -> None:
    folder.write_durably("note", "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        folder.write_durably("note", "new")
    assert folder.read_secret("note") == "old"
    assert [path.name for path in keys_folder.iterdir()] == ["note"]


def test_what_was_signed_last_is_not_guessed() -> None:
    assert recall() is None
    folder.write_durably("sealed", '{"size": 3}')
    with pytest.raises(WrongState, match="cannot be read"):
        recall()
