"""Jobs of the frame. Their dotted names are public: queued tasks refer to them across releases."""

from typing import Any

from portal.foundation import clock, reminders
from portal.foundation.answers import buttons
from portal.foundation.apikit import forgetting
from portal.foundation.directory import dropping, exporting
from portal.foundation.directory.services import expire_old
from portal.foundation.front_door import locks, resealing, sessions
from portal.foundation.front_door.tokens import services as tokens
from portal.foundation.granting import services as granting
from portal.foundation.outbox import dispatch
from portal.foundation.request_context import origin
from portal.foundation.signs.beats import WORKER, beat
from portal.foundation.signs.tally import write_down


def deliver_due() -> int:
    """Sends every message that is due where the sending process is silent; the number of calls made."""
    now = clock.now()
    beat(WORKER, now=now)
    with origin("job"):
        taken = dispatch.stand_in(now=now)
    write_down(now=clock.now())
    return taken


def directory_sweep() -> int:
    """Takes in files that the CMDB dropped, hands over what changed here, lets go of what nobody settled; the number of files taken in."""
    with origin("job"):
        now = clock.now()
        expire_old(now=now)
        taken = dropping.read_drop(now=now)
        exporting.send_changes(now=now)
        return taken


def remind_contacts() -> int:
    """Reminds people to verify their contact points, and before they are on duty; the number of reminders."""
    with origin("job"):
        now = clock.now()
        return reminders.remind_to_verify(now=now) + reminders.remind_before_duty(now=now)


def end_grants() -> int:
    """Takes back rights on single objects, and ends appointments of auditors, whose time is over; the number of them."""
    with origin("job"):
        return granting.end_what_is_over(now=clock.now())


def forget_answers() -> int:
    """Forgets the API's answers that are a day old; the number of them."""
    with origin("job"):
        return forgetting.forget_old(now=clock.now())


def forget_sessions() -> int:
    """Forgets sessions that have ended and wrong tries of yesterday; the number of the latter."""
    with origin("job"):
        sessions.SessionStore.clear_expired()
        return locks.forget_old(clock.now())


def reseal_secrets() -> int:
    """Encrypts with the key of now what another key was used for; the number of secrets."""
    with origin("job"):
        return resealing.reseal(now=clock.now())[0]


def warn_of_tokens() -> int:
    """Tells whose API tokens end within two weeks; the number of tokens."""
    with origin("job"):
        return tokens.warn_before_end(now=clock.now())


def tell_slack(respond_at: str, document: dict[str, Any]) -> str:
    """Tells whoever pressed a button in Slack what came of it."""
    with origin("job"):
        return buttons.tell(respond_at, document)
