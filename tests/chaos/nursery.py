"""A parent that has loaded the portal once and forks it again and again, run as `python -m tests.chaos.nursery FOLDER`.

A JSON command a line, a JSON answer a line. A child is there within milliseconds, so hundreds of kills take minutes and most of them hit work.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import django

FOLDER = Path(sys.argv[1])
OBJECTS = 5
children: dict[str, int] = {}


def prepare() -> int:
    """An empty database becomes the portal's; how many events it begins with."""
    from django.core.management import call_command

    from audit.models import LedgerEvent

    call_command("migrate", verbosity=0, stdout=sys.stderr)
    return LedgerEvent.objects.count()


def start(name: str) -> None:
    """Forks a child that is named after what it does: 'sealer-2' seals, 'writer-1' writes."""
    from django.db import connections

    connections.close_all()
    pid = os.fork()
    if pid:
        children[name] = pid
        return
    status = 1
    try:
        log = os.open(FOLDER / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for descriptor in (0, 1, 2):
            os.dup2(log, descriptor)
        LIVES[name.split("-")[0]](name)
        status = 0
    finally:
        os._exit(status)


def kill(name: str, number: int = signal.SIGKILL) -> int:
    """Ends a child and waits for it; how it ended."""
    pid = children.pop(name)
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def write(name: str) -> None:
    """Events of a few objects, one, two or three a transaction; what is committed is acknowledged in a file, as a receipt would be."""
    from django.db import DatabaseError, connections, transaction

    from audit.ledger.services import append
    from portal.foundation import clock

    chance = random.Random(time.time_ns())
    acknowledged = os.open(FOLDER / f"{name}.acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while True:
        words = [f"{name} {time.time_ns()} {number}" for number in range(chance.randint(1, 3))]
        try:
            with transaction.atomic():
                for said in words:
                    about = {"model": "test.thing", "pk": str(chance.randrange(OBJECTS)), "repr": "thing"}
                    append({"type": "test.written", "obj": about, "why": said}, now=clock.now())
                if chance.random() < 0.1:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            continue
        except DatabaseError:
            connections.close_all()
            time.sleep(0.1)
            continue
        os.write(acknowledged, "".join(f"{said}\n" for said in words).encode())
        time.sleep(chance.uniform(0, 0.02))


def live_as_the_sealer(name: str) -> None:
    from django.core.management import call_command

    call_command("sealer")


LIVES: dict[str, Callable[[str], None]] = {"sealer": live_as_the_sealer, "writer": write}


def events(count: int) -> None:
    """Writes that many, here."""
    from portal.foundation import clock
    from tests.factories.ledger import write_events

    write_events(count, now=clock.now())


def seal_once() -> None:
    """One round, here."""
    from audit.sealing.services import seal
    from portal.foundation import clock

    seal(clock.now(), clock=clock.now)


def waiting() -> int:
    """How many events no checkpoint holds yet."""
    from audit.sealing.services import state

    return state().waiting


def report() -> dict[str, Any]:
    """What is wrong with the ledger, in words, and how much there is of it."""
    from audit.models import LedgerCheckpoint, LedgerEvent, LedgerLeaf
    from audit.sealing import keys, merkle
    from audit.sealing.last_note import recall
    from tests.factories.ledger import signers

    wrong: list[str] = []
    events = dict(LedgerEvent.objects.values_list("id", "payload"))
    leaves = list(LedgerLeaf.objects.order_by("index").values_list("index", "event", "hash"))
    if [index for index, _, _ in leaves] != list(range(len(leaves))) or sorted(event for _, event, _ in leaves) != sorted(events):
        wrong.append("the places of the events are not 0, 1, 2, … without a gap")
    roots, frontier, numbers = {}, merkle.Frontier(), Counter[str]()
    for index, event, kept in leaves:
        frontier.append(merkle.leaf_hash(events[event].encode()))
        roots[frontier.size] = frontier.root().hex()
        if merkle.leaf_hash(events[event].encode()) != bytes(kept):
            wrong.append(f"leaf {index} is not its event's")
        if about := json.loads(events[event]).get("obj"):
            numbers[about["pk"]] += 1
            if about["seq"] != numbers[about["pk"]]:
                wrong.append(f"leaf {index}: number {about['seq']} of {about['pk']} where {numbers[about['pk']]} is due")
    checkpoints = list(LedgerCheckpoint.objects.order_by("id"))
    for before, after in zip([None, *checkpoints], checkpoints, strict=False):
        if roots.get(after.size) != after.root or not signers(after.note, *keys.public_keys()):
            wrong.append(f"checkpoint {after.size} is not of this tree, or not signed")
        if before and (before.size >= after.size or before.at > after.at):
            wrong.append(f"checkpoint {after.size} follows {before.size}")
    last = recall()
    if last is None or roots.get(last.checkpoint.size) != last.checkpoint.root.hex() or last.checkpoint.size != len(leaves):
        wrong.append("what the folder remembers is not the tree")
    said = Counter(json.loads(payload)["why"] for payload in events.values() if '"test.written"' in payload)
    lines = [line for path in FOLDER.glob("*.acknowledged") for line in path.read_text().split("\n")[:-1]]
    wrong += [f"lost: {line}" for line in lines if said[line] == 0] + [f"doubled: {line}" for line in said if said[line] > 1]
    return {"wrong": wrong, "events": len(events), "acknowledged": len(lines), "checkpoints": len(checkpoints)}


def main() -> None:
    from django.db import connections

    verbs: dict[str, Callable[..., Any]] = {verb.__name__: verb for verb in (prepare, start, kill, events, seal_once, waiting, report)}
    for line in sys.stdin:
        name, given = json.loads(line)
        try:
            answer = ["done", verbs[name](**given)]
        except Exception as error:  # noqa: BLE001 - the one who asked decides
            connections.close_all()
            answer = ["failed", f"{type(error).__name__}: {error}"]
        print(json.dumps(answer), flush=True)  # noqa: T201
    for pid in children.values():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    django.setup()
    main()
