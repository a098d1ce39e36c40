"""Real calendar software reads what we write, and we read what it keeps: radicale with the caldav client, and ical.js."""

import json
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest

from policies.models import CalendarSource
from policies.oncall.calendars.feeds import schedule_text
from policies.oncall.calendars.source_services import Wanted, add_source, bring_in, obtained
from tests.factories import policies as make
from tests.factories.portal import person

from .files import calendar, event

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore")]
ICAL_JS = "ical.js@2.2.1"
READS = """
import ICAL from 'ical.js';
import { readFileSync } from 'node:fs';
const whole = new ICAL.Component(ICAL.parse(readFileSync(process.argv[2], 'utf8')));
const told = whole.getAllSubcomponents('vevent').map((each) => {
    const event = new ICAL.Event(each);
    return [event.uid, event.summary, event.startDate.toUnixTime(), event.endDate.toUnixTime(), event.description];
});
console.log(JSON.stringify(told));
"""


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[str]:
    """A running calendar server; its address."""
    pytest.importorskip("radicale", reason="radicale is not installed; see requirements-dev.txt.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"server-hosts": f"127.0.0.1:{port}", "auth-type": "none", "rights-type": "authenticated", "web-type": "none"}
    more = {"storage-filesystem-folder": str(tmp_path / "kept"), "logging-level": "error"}
    options = [part for name, value in (told | more).items() for part in (f"--{name}", value)]
    with (tmp_path / "radicale.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "radicale", "--config", "", *options], stdout=log, stderr=log)
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(timeout=300)


def wait_for(port: int, process: Any) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("radicale did not start")


@pytest.fixture
def team_calendar(radicale: str) -> Any:
    caldav = pytest.importorskip("caldav", reason="The caldav client is not installed; see requirements-dev.txt.")
    client = caldav.DAVClient(url=radicale, username="team", password="any")
    return client.principal().make_calendar(name="On call", cal_id="oncall")


def as_told(text: str) -> set[tuple[str, str, datetime, datetime]]:
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    return {(str(each["UID"]), str(each["SUMMARY"]), each["DTSTART"].dt, each["DTEND"].dt) for each in events}


def three_people() -> Any:
    return make.schedule(person("Ana Ruiz"), person("Zoë Łoś"), person("Tom; Brandt"), zone="Europe/Madrid")


def test_a_calendar_server_keeps_our_export_as_it_is(team_calendar: Any, now: datetime) -> None:
    text = schedule_text(three_people(), now)
    for each in icalendar.Calendar.from_ical(text).walk("VEVENT"):
        team_calendar.save_event(calendar(each.to_ical().decode()).decode())
    kept = set().union(*(as_told(each.data) for each in team_calendar.events()))
    assert kept == as_told(text)
    assert len(kept) > 25


def test_a_calendar_kept_on_a_server_says_who_is_on_duty_here(team_calendar: Any, now: datetime) -> None:
    person("Ana Ruiz", username="ana")
    person("Tom Brandt", username="tom")
    mona = person("Mona", roles=("manager",))
    zone = ";TZID=Europe/Madrid"
    rule = event(
        "ana", f"{zone}:20260305T090000", "DURATION:PT8H", "RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=5", f"EXDATE{zone}:20260312T090000", uid="w"
    )
    moved = event("tom", f"{zone}:20260320T100000", "DURATION:PT8H", f"RECURRENCE-ID{zone}:20260319T090000", uid="w")
    team_calendar.save_event(calendar(rule, moved).decode())
    address = str(team_calendar.url)
    schedule = make.schedule(person("Eva"), zone="Europe/Madrid")
    wanted = Wanted("Team", schedule, address=address.replace("http://", "http://team:any@"), refresh_every=timedelta(hours=1))
    source = add_source(wanted, obtained(b"", wanted.address), actor=mona, now=now)
    bring_in(source, actor=mona, now=now, reason="The team keeps it there")
    told = [
        (row.person.username, row.starts_at) for row in CalendarSource.objects.get().duties.select_related("person").order_by("starts_at")
    ]
    assert told == [
        ("ana", datetime(2026, 3, 5, 8, tzinfo=UTC)),
        ("tom", datetime(2026, 3, 20, 9, tzinfo=UTC)),
        ("ana", datetime(2026, 3, 26, 8, tzinfo=UTC)),
        ("ana", datetime(2026, 4, 2, 7, tzinfo=UTC)),
    ]


def test_what_browsers_read_with_is_told_the_same_instants(tmp_path: Path, now: datetime) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not on this machine.")
    got = subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund", ICAL_JS], cwd=tmp_path, capture_output=True, timeout=300)
    if got.returncode:
        pytest.skip("ical.js could not be fetched from npm's registry.")
    schedule = three_people()
    begin = now + timedelta(days=random.Random(3).randint(1, 90), minutes=17)
    make.override(schedule, person("Kim Lee"), begin, begin + timedelta(hours=5), reason="Long; with, signs\nand lines " * 5)
    text = schedule_text(schedule, now)
    (tmp_path / "feed.ics").write_bytes(text.encode())
    (tmp_path / "reads.mjs").write_text(READS)
    run = subprocess.run([node, "reads.mjs", "feed.ics"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True)
    read = {(uid, title, starts, ends, why) for uid, title, starts, ends, why in json.loads(run.stdout)}
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert read == {
        (str(e["UID"]), str(e["SUMMARY"]), e["DTSTART"].dt.timestamp(), e["DTEND"].dt.timestamp(), str(e["DESCRIPTION"])) for e in events
    }
