"""Jobs of the trail. Their dotted names are public: queued tasks refer to them across releases."""

from audit.anchors import missing
from audit.capture.reconciling import reconcile
from audit.duties import checking
from audit.elevation import services as elevation
from audit.evidence import check_runs, exports
from audit.recertification import deciding
from audit.recertification import opening as access_opening
from audit.retention import carrying_out
from audit.reviews import opening, reminding
from portal.foundation import clock
from portal.foundation.each_alone import each_alone
from portal.foundation.request_context import origin


def check_ledger(run_id: int) -> None:
    """Checks the whole ledger as somebody asked; a second call finds nothing to do."""
    with origin("job"):
        check_runs.carry_out(run_id, clock=clock.now)


def write_evidence(run_id: int) -> None:
    """Writes a bundle as somebody asked; a second call finds nothing to do."""
    with origin("job"):
        exports.carry_out(run_id, clock=clock.now)


def remove_old_evidence() -> int:
    """Deletes bundles that are a week old; the number of them."""
    with origin("job"):
        return exports.remove_old(now=clock.now())


def reconcile_changes() -> int:
    """Reports what was changed in the database past the portal; the number of events that made."""
    with origin("job"):
        return reconcile(now=clock.now())


def carry_out_removals() -> int:
    """Goes on with every removal that two people have approved; how many entries and cards went."""
    with origin("job"):
        return carrying_out.carry_out_all(now=clock.now())


def check_duties() -> int:
    """Looks who holds duties that must not meet, and who used both; the number of findings that are newly open."""
    with origin("job"):
        return len(checking.check_duties(now=clock.now()))


def remind_of_elevations() -> int:
    """Tells who may review of roles that were taken and not reviewed in time; of how many."""
    with origin("job"):
        return elevation.remind_of_reviews(now=clock.now())


def keep_log_reviews() -> int:
    """Opens what is due of every plan and tells who has to know; how many reviews were opened and messages queued."""
    with origin("job"):
        now, done = clock.now(), 0
        with each_alone("Reviews of the trail") as alone:
            with alone("opening them"):
                done += len(opening.open_due(now=now))
            with alone("reminding"):
                done += reminding.remind(now=now)
        return done


def review_access() -> int:
    """Opens access reviews that are due, and alarms about overdue ones; the number of both."""
    with origin("job"):
        now, done = clock.now(), 0
        with each_alone("Access reviews") as alone:
            with alone("opening them"):
                done += len(access_opening.open_due(now=now))
            with alone("alarms"):
                done += deciding.sweep_overdue(now=now)
        return done


def check_receipts() -> int:
    """Looks whether the ledger holds what was committed; the number of events that it does not."""
    with origin("job"):
        return missing.check_receipts(now=clock.now())
