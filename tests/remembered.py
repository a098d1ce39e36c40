"""What a process remembers from one test to the next: nothing that another order of the tests, or a test alone, would find different.

Rows are taken back after each test and keys return, so what was remembered of them would be wrong; and a test that counts questions must not find
some of them asked already, or others' counts to be written down. `tests/architecture/test_what_processes_remember.py` finds what is missing here.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache

from audit.capture import alarms
from audit.events import accounts, denials
from audit.ledger import personal
from policies.governance import known
from portal.foundation.front_door.oidc import providers
from portal.foundation.signs import tally
from portal.foundation.watch import banner
from reports.accountability import team_queries
from reports.conformance import queries as conformance

# By the places where modules of ours keep something.
FORGOTTEN: Mapping[str, Callable[[], object]] = {
    "audit/capture/alarms.py:_found": alarms._found.clear,
    "audit/events/accounts.py:refused_sign_ins": accounts.refused_sign_ins.forget,
    "audit/events/denials.py:refusals": denials.refusals.forget,
    "audit/ledger/personal.py:_known": personal.forget,
    "policies/governance/known.py:_rules": known.forget,
    "policies/governance/known.py:_snapshots": known.forget,
    "portal/foundation/front_door/oidc/providers.py:_known": providers.forget,
    "portal/foundation/signs/tally.py:_counts": tally.forget,
    "portal/foundation/watch/banner.py:board": lambda: vars(banner.board).update(vars(banner.Board())),
}
# What may stay, and why no test can tell.
STAYS: Mapping[str, str] = {
    "audit/anchors/spool.py:_files": "one open file; another folder, day or process has another, and a removed one is made anew",
    "audit/events/covering.py:_depth": "says something only inside a block",
    "audit/sealing/folder.py:_mine": "says something only inside a block",
    "incidents/imports/servicenow_log/columns.py:_columns": "never changes",
    "portal/foundation/access/held.py:changes": "only compared with what an account's object remembers",
    "portal/foundation/front_door/urls.py:sign_in": "a view",
    "portal/foundation/kept_connections.py:_own": "connections; one that its receiver let go is not used",
    "portal/foundation/outbound_http.py:_running": "set when a call begins",
    "portal/foundation/statements.py:_uses": "by connection, and whoever watches statements sees each of them",
    "portal/foundation/turns.py:row": "says something only inside a block",
}
# However slow the machine is, nothing is so dear that it is kept, unless a test says so.
conformance.DEAR = team_queries.DEAR = timedelta(days=1)


def forget() -> None:
    """Before each test."""
    for one in FORGOTTEN.values():
        one()
    cache.clear()
    ContentType.objects.clear_cache()
