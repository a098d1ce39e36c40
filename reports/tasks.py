"""Jobs of reports. Their dotted names are public: queued tasks refer to them across releases."""

from datetime import timedelta

from portal.foundation import clock
from portal.foundation.each_alone import each_alone
from portal.foundation.request_context import origin
from reports.dashboards import preparing

# A pass that takes longer leaves the rest to the next one, a minute later.
WITHIN = timedelta(seconds=50)


def prepare_facts() -> int:
    """Brings the dashboards' facts up to date; how many days were read anew."""
    with origin("job"):
        done = preparing.bring_up_to_date(now=clock.now(), clock=clock.now, within=WITHIN)
        return done.days if done else 0


def read_facts_again() -> int:
    """Has the facts of the last two quarters read anew; how many days that is."""
    with origin("job"):
        return preparing.read_recent_again(now=clock.now())


def keep_quarterly_reviews() -> int:
    """Opens the quarterly reviews that are due and tells who has to know; how many were opened and messages queued."""
    # Here, and not for every process at its start: figures take numpy, some 12 MB.
    from reports.quarterly import opening, reminding

    with origin("job"):
        now, done = clock.now(), 0
        with each_alone("Quarterly reviews") as alone:
            with alone("opening them"):
                done += len(opening.open_due(now=now))
            with alone("reminding"):
                done += reminding.remind(now=now)
        return done


def open_review(run_id: int) -> None:
    """Opens a review, or states one anew, as somebody asked; a second call finds nothing to do."""
    from reports.quarterly import runs

    with origin("job"):
        runs.carry_out(run_id, clock=clock.now)


def make_pack(run_id: int) -> None:
    """Makes a pack, or the evidence of one, as somebody or a schedule asked; a second call finds nothing to do."""
    from reports.packs import runs

    with origin("job"):
        run = runs.carry_out(run_id, clock=clock.now)
        if run is not None and run.by_itself:
            from reports.schedules import running

            running.follow_up(now=clock.now())


def keep_pack_schedules() -> int:
    """Asks for the packs that schedules say are due, and follows those that are under way; how much was done."""
    from reports.schedules import running

    with origin("job"):
        return running.keep(now=clock.now())


def finish_signed_packs() -> int:
    """Builds the files of signed reviews that have none yet; how many packs were finished."""
    from reports.quarterly import packing

    with origin("job"):
        return packing.finish_signed(now=clock.now(), clock=clock.now)


def remove_old_packs() -> int:
    """Deletes files that were asked for a week ago; the number of them."""
    from reports.packs import runs

    with origin("job"):
        return runs.remove_old(now=clock.now())
