"""The figures of a quarter of a ServiceNow log, worked out from the file alone: nothing of the portal is used, only `csv` and `statistics`.

    python tests/reports/metrics/outside/figures.py LOG.csv[.gz] > figures.json

Slow and plain on purpose: it is what the portal's figures are held against. `2016q1.json` beside it is what it says of the whole public log.
"""

# ruff: noqa: DTZ001, DTZ007, T201 - the log names no zone, and this is a script
import csv
import gzip
import json
import statistics
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

QUARTER = datetime(2016, 1, 1), datetime(2016, 4, 1)
BEFORE = QUARTER[0] - timedelta(days=90)


def records_of(path):
    """The rows of each incident in their order: by the time of the record, then by the counter of changes, then as they stand."""
    opener = gzip.open if str(path).endswith(".gz") else open
    found = defaultdict(list)
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["number"].strip()].append({name: "" if value.strip() == "?" else value.strip() for name, value in row.items()})
    for rows in found.values():
        rows.sort(key=lambda row: (time(row["sys_updated_at"]), int(row["sys_mod_count"] or -1)))
    return found


def time(text):
    return datetime.strptime(text, "%d/%m/%Y %H:%M") if text else None


def incident(rows):
    last = rows[-1]
    answered = next((row for row in rows if row["incident_state"] != "New"), None)
    groups = [row["assignment_group"] for row in rows if row["assignment_group"]]
    return {
        "opened": next(time(row["opened_at"]) for row in reversed(rows) if row["opened_at"]),
        "answered": time(answered["sys_updated_at"]) if answered else None,
        "resolved": time(last["resolved_at"]),
        "priority": f"P{last['priority'][0]}" if last["priority"] else "unknown",
        "sla": next((row["made_sla"] == "true" for row in reversed(rows) if row["made_sla"]), None),
        "reopened": int(last["reopen_count"] or 0) > 0,
        "reassigned": int(last["reassignment_count"] or 0) > 0,
        "problem": any(row["problem_id"] for row in rows),
        "change": any(row["rfc"] for row in rows),
        "moves": sum(before != after for before, after in pairwise(groups)),
        "service": last["category"],
        "component": (last["category"], last["subcategory"]) if last["subcategory"] else None,
    }


def figures(path):
    told = records_of(path)
    everything = [incident(rows) for rows in told.values()]
    mine = [one for one in everything if QUARTER[0] <= one["opened"] < QUARTER[1]]
    numbers = {number for number, rows in told.items() if QUARTER[0] <= incident(rows)["opened"] < QUARTER[1]}
    last = max(time(row["sys_updated_at"]) for number in numbers for row in told[number])
    to_answer = [seconds(one["opened"], one["answered"]) for one in mine if one["answered"]]
    to_resolve = [seconds(one["opened"], one["resolved"]) for one in mine if one["resolved"]]
    days = Counter(one["opened"].date().isoformat() for one in mine)
    length = min(last, QUARTER[1]) - QUARTER[0]
    return {
        "incidents_opened": len(mine),
        "incidents_by_priority": dict(sorted(Counter(one["priority"] for one in mine).items())),
        "sla_breached": sum(one["sla"] is False for one in mine),
        "sla_unknown": sum(one["sla"] is None for one in mine),
        "reopened": sum(one["reopened"] for one in mine),
        "reassigned": sum(one["reassigned"] for one in mine),
        "with_problem": sum(one["problem"] for one in mine),
        "with_change": sum(one["change"] for one in mine),
        "functional_escalations": sum(one["moves"] for one in mine),
        "time_to_acknowledge_seconds": spread([each for each in to_answer if each >= 0]),
        "time_to_resolve_seconds": spread([each for each in to_resolve if each >= 0]),
        "never_acknowledged": sum(one["answered"] is None for one in mine),
        "unresolved": sum(one["resolved"] is None for one in mine),
        "negative_durations": sum(each < 0 for each in (*to_answer, *to_resolve)),
        "busiest_services": sorted(Counter(one["service"] for one in mine).items(), key=lambda each: (-each[1], each[0]))[:10],
        "median_with_open": median_with_open(mine, last),
        "days": -(-int(length.total_seconds()) // 86_400),
        "busiest_day": min(days, key=lambda day: (-days[day], day)),
        "on_the_busiest_day": max(days.values()),
        "recurrence": {of: came_back(mine, everything, of) for of in ("service", "component")},
        "last_event": last.isoformat(),
    }


def seconds(start, end):
    return (end - start).total_seconds()


def spread(values):
    """Percentiles by linear interpolation between the nearest two, which `statistics` calls inclusive."""
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    found = {"mean": statistics.fmean(values), "p50": statistics.median(values), "p90": cuts[17], "p95": cuts[18]}
    return {"count": len(values), **{name: round(value, 3) for name, value in found.items()}}


def median_with_open(mine, last):
    """Kaplan and Meier's estimate, written out: at each ending, the share that still waits falls by the share of those at risk that end."""
    known = [
        (seconds(one["opened"], one["resolved"] or last), one["resolved"] is not None)
        for one in mine
        if one["resolved"] is None or one["resolved"] >= one["opened"]
    ]
    at_risk, waiting, just = len(known), 1.0, None
    ends, leaves = Counter(each for each, over in known if over), Counter(each for each, _ in known)
    for each in sorted(leaves):
        if just is not None and ends[each]:
            return (just + each) / 2
        waiting *= 1 - ends[each] / at_risk
        if just is None and ends[each] and abs(waiting - 0.5) < 1e-12:
            just = each  # where just half have ended, the median is the middle between this ending and the next
        elif just is None and ends[each] and waiting < 0.5:
            return each
        at_risk -= leaves[each]
    return just


def came_back(mine, everything, of):
    """By search: for each incident the last one of the same service or component that had been resolved before it was opened."""
    groups = defaultdict(list)
    for one in everything:
        if one[of] and one["resolved"] and one["resolved"] >= one["opened"] >= BEFORE and one["opened"] < QUARTER[1]:
            groups[one[of]].append(one["resolved"])
    found = {7: 0, 30: 0, 90: 0}
    known = [one for one in mine if one[of]]
    for one in known:
        before = [resolved for resolved in groups[one[of]] if resolved < one["opened"]]
        for window in found:
            found[window] += bool(before) and one["opened"] - max(before) <= timedelta(days=window)
    return {"of": len(known), **{f"within_{window}_days": count for window, count in found.items()}}


if __name__ == "__main__":
    json.dump(figures(Path(sys.argv[1])), sys.stdout, indent=1)
    print()
