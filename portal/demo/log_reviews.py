"""The demo's log review: everything that was told in a week, looked at by compliance. It opens by itself once the ledger is sealed."""

from datetime import timedelta

from audit.reading.filters import Filters
from audit.reading.services import save_view
from audit.reviews.plans import make_plan

from .seed import Seed

RATIONALE = "The risk analysis of the year asks for a sample of routine, and for every exception in full."
# What is looked at in full, however small the sample.
ALWAYS = ["access.denied", "escalation.bypassed", "handoff.waived", "mandate.used", "policy_version.published_at_once"]


def plant(seed: Seed) -> None:
    """A shared view and a weekly plan from the Monday before last on."""
    owner = seed.people["compliance"]
    purpose = "What the weekly log review looks at."
    everything = save_view("Everything but signs of life", Filters(), actor=owner, now=seed.start, purpose=purpose, shared=True)
    monday = (seed.now - timedelta(days=seed.now.weekday() + 7)).date()
    wanted = {
        "name": "Weekly log review",
        "view": everything,
        "rhythm": "weekly",
        "time_zone": owner.time_zone,
        "first_day": monday,
        "due_within": 7,
        "selection": "random",
        "number": 60,
        "always": ALWAYS,
        "rationale": RATIONALE,
        "owner": owner,
        # The demo has one visitor of compliance; a real plan asks for a second person.
        "second_signature": False,
    }
    make_plan(wanted, actor=owner, now=seed.now, reason="PCI DSS 10.4 and our own policy on logs.")
