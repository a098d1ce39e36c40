"""The demo's parts, in the order in which they need each other."""

from datetime import datetime

from . import duty, everywhere, log_reviews, rehearsal, rights
from .seed import Seed


def plant(now: datetime, *, password: str, phone_port: int) -> None:
    seed = Seed(now, password, phone_port)
    seed.organisation()
    everywhere.plant(seed)
    seed.card_payments()
    seed.instant_transfers()
    seed.change_waiting_for_approval()
    duty.plant(seed)
    rehearsal.plant(seed)
    rights.plant(seed)
    log_reviews.plant(seed)
