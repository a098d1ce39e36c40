"""What somebody with the key might sign, rotate, restore, remove or show: some within the format, some not."""

from collections.abc import Callable
from datetime import timedelta

from .verifier.made_bundles import NAME, Ledger, Signer, b64, root_of

Seal = Callable[[Ledger], object]


def signed(ledger: Ledger, text: str, more: str = "") -> None:
    line = ledger.keys[-1].line(text.encode())
    ledger.notes.append((ledger.epoch, len(ledger.leaves), f"{text}\n{line}{more}"))


def text(change: Callable[[str], str]) -> Seal:
    """A checkpoint with another text, signed."""

    def seal(ledger: Ledger) -> None:
        ledger.write()
        signed(ledger, change(ledger.text().decode()))

    return seal


def lines(more: str) -> Seal:
    """A checkpoint with more signature lines."""

    def seal(ledger: Ledger) -> None:
        ledger.write()
        signed(ledger, ledger.text().decode(), more)

    return seal


def at(seconds: int) -> Seal:
    """A checkpoint signed so many seconds after its last entry."""

    def seal(ledger: Ledger) -> None:
        ledger.write()
        ledger.seal(ledger.now + timedelta(seconds=seconds))

    return seal


def note(change: Callable[[str], str]) -> Seal:
    """A signed checkpoint changed afterwards."""

    def seal(ledger: Ledger) -> None:
        ledger.write()
        ledger.seal()
        epoch, size, kept = ledger.notes[-1]
        ledger.notes[-1] = (epoch, size, change(kept))

    return seal


def rotation(**changed: str) -> Seal:
    """A change of key that tells other things; {other} is another key."""

    def seal(ledger: Ledger) -> None:
        old, new, other = ledger.keys[-1], Signer("second"), Signer("other")
        told = {"old": old.vkey, "new": new.vkey} | {
            name: value.format(other=other.vkey, old=old.vkey) for name, value in changed.items() if name in ("old", "new")
        }
        message = f"ledger key rotation\n{told['old']}\n{told['new']}\n".encode()
        signatures = {"old_signature": b64(old.sign(message)), "new_signature": b64(new.sign(message))}
        ledger.write("ledger.key_rotated", details=told | signatures | {name: value for name, value in changed.items() if name not in told})
        ledger.keys.append(new)
        ledger.seal(signers=[old, new])

    return seal


def rotated(*signers: int) -> Seal:
    """A proper change of key, whose first checkpoint is signed by these."""

    def seal(ledger: Ledger) -> None:
        ledger.rotate()
        ledger.seal(signers=[ledger.keys[number] for number in signers])

    return seal


def restored(**changed: object) -> Seal:
    """An epoch that begins with other things told."""

    def seal(ledger: Ledger) -> None:
        size, old = len(ledger.leaves), ledger.origin
        ledger.epoch += 1
        told = {
            "epoch": 2,
            "old_origin": old,
            "size": size,
            "root": root_of(ledger.leaves).hex(),
            "lost_to": size,
            "reason": "disk",
            "approvers": [],
        }
        ledger.write("ledger.restored", details=told | changed)

    return seal


def epoch(number: int) -> Seal:
    def seal(ledger: Ledger) -> None:
        ledger.epoch = number
        ledger.write()
        ledger.seal()

    return seal


def removed(*ranges: object, kind: str = "retention.pruned") -> Seal:
    """Entries that go, and a removal that names these ranges."""

    def seal(ledger: Ledger) -> None:
        ledger.seal()
        ledger.gone = {0}
        ledger.write(kind, details={"ranges": list(ranges)})

    return seal


def shown(kind: str, sent: bytes | None = None, **changed: object) -> Seal:
    def seal(ledger: Ledger) -> None:
        ledger.seal()
        ledger.anchor(kind, "elsewhere", sent)
        place, size, row = ledger.anchors[-1]
        ledger.anchors[-1] = (place, size, {**row, **changed})

    return seal


def twice(ledger: Ledger) -> None:
    ledger.rotate("second")
    ledger.rotate("third")


def unsealed(ledger: Ledger) -> None:
    ledger.notes.clear()


ODD_SEALS: list[tuple[str, Seal]] = [
    *((f"signed {seconds} s after", at(seconds)) for seconds in (-301, -300, -299, -1, 0, 299, 300, 301, 302, 400, 90_000)),
    ("a line more in the text", text(lambda text: text + "more\n")),
    ("no time", text(lambda text: text[: text.index("time")])),
    ("another origin", text(lambda text: text.replace(NAME, "other"))),
    ("an origin of epoch 1", text(lambda text: text.replace(NAME, f"{NAME}/epoch-1"))),
    ("an origin of epoch 02", text(lambda text: text.replace(NAME, f"{NAME}/epoch-02"))),
    ("an origin of epoch 9", text(lambda text: text.replace(NAME, f"{NAME}/epoch-9"))),
    ("a size with a zero before it", text(lambda text: text.replace("\n", "\n0", 1))),
    ("another size", text(lambda text: text.replace("\n", "\n9", 1))),
    ("a root that is none", text(lambda text: text.replace("=\n", "\n", 1))),
    ("another root", text(lambda text: text.split("\n")[0] + "\n" + text.split("\n")[1] + "\n" + b64(bytes(32)) + "\n" + text.split("\n")[3] + "\n")),
    ("a time without parts of seconds", text(lambda text: text[:-9] + "Z\n")),
    ("carriage returns", text(lambda text: text.replace("\n", "\r\n"))),
    ("a word in another language", lines("— wörd AAAA\n")),
    ("an unknown line", lines(f"— someone {b64(bytes(68))}\n")),
    ("64 signature lines", lines(f"— someone {b64(bytes(68))}\n" * 63)),
    ("65 signature lines", lines(f"— someone {b64(bytes(68))}\n" * 64)),
    ("a line that is none", lines("hello\n")),
    ("an empty signature", lines("— someone \n")),
    ("a line in the ledger's name", lines(f"— {NAME} {b64(bytes(68))}\n")),
    ("the same line of nothing twice", lines("\n\n")),
    ("no last newline", note(lambda note: note[:-1])),
    ("no signature", note(lambda note: note[: note.index("—")])),
    ("no empty line", note(lambda note: note.replace("\n\n", "\n"))),
    ("a short signature", note(lambda note: note[: note.index("—")] + f"— {NAME} AAAA\n")),
    ("a changed signature", note(lambda note: note[:-9] + "AAAA" + note[-5:])),
    ("another key's name", note(lambda note: note.replace(f"— {NAME}", "— other"))),
    ("nothing", note(lambda note: "")),
    ("a checkpoint again", lambda ledger: (ledger.seal(), ledger.seal())),
    ("no checkpoint before", unsealed),
    ("two changes of key at once", twice),
    ("a rotation", rotation()),
    ("a rotation of another key", rotation(old="{other}")),
    ("a rotation to the same key", rotation(new="{old}")),
    ("a rotation to another key", rotation(new="{other}")),
    ("a rotation without a signature", rotation(old_signature="")),
    ("a rotation with a wrong signature", rotation(new_signature=b64(bytes(64)))),
    ("a rotation signed by both", rotated(0, 1)),
    ("a rotation signed by the old", rotated(0)),
    ("a rotation signed by the new", rotated(1)),
    ("a rotation signed in the other order", rotated(1, 0)),
    ("a restore", restored()),
    ("a restore to epoch 3", restored(epoch=3)),
    ("a restore to epoch 1", restored(epoch=1)),
    ("a restore of another root", restored(root="00" * 32)),
    ("a restore of another size", restored(size=0)),
    ("a restore of more", restored(lost_to=99)),
    ("a restore of less", restored(lost_to=0)),
    ("a restore after epoch 5", restored(old_origin=f"{NAME}/epoch-5")),
    ("a restore of another ledger", restored(old_origin="other")),
    ("a restore without a reason", restored(reason=None)),
    ("epoch 2 without a restore", epoch(2)),
    ("removed", removed([0, 0])),
    ("removed, another named", removed([1, 1])),
    ("removed, none named", removed()),
    ("removed, named the wrong way round", removed([3, 0])),
    ("removed, named as one number", removed(0)),
    ("removed, named up to far beyond", removed([0, 10_000])),
    ("removed, named by text", removed(["0", "0"])),
    ("erased", removed([0, 0], kind="erasure.done")),
    ("removed by something else", removed([0, 0], kind="incident.noted")),
    *((f"shown to {kind}", shown(kind)) for kind in ("file", "syslog", "rfc3161", "other", "")),
    *((f"shown to {kind} wrongly", shown(kind, b"what?")) for kind in ("file", "syslog", "rfc3161", "witness")),
    *((f"shown with size {size}", shown("file", size=size)) for size in (0, 1, 99, -1, "1", None)),
    ("shown for another origin", shown("file", origin="other")),
    ("shown for epoch 2", shown("file", origin=f"{NAME}/epoch-2")),
    ("shown without a time", shown("file", at=None)),
    ("shown with a bad receipt", shown("file", receipt="?")),
    ("shown to nobody", shown("file", name=None)),
]  # fmt: skip
