"""A service that speaks Twilio's REST API of 2010: one account, basic auth, forms in, JSON out. What texts and calls share."""

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from portal.foundation.errors import DeliveryFailed
from portal.foundation.outbound_http import Reply, post
from portal.foundation.people.addresses import as_kept, problem_with

from .base import Handed

# Where the service reports how a text or a call fared, what somebody wrote back, and which key was pressed.
STATUS, REPLY, KEYPAD = "/hooks/telephone/status/", "/hooks/telephone/reply/", "/hooks/telephone/keypad/"
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
# The service's own codes that a person can do something about. Its texts repeat numbers, so they are not passed on.
REFUSALS = {
    20003: "it does not accept the portal's account; an operator must look at TELEPHONE_ACCOUNT_SID and TELEPHONE_AUTH_TOKEN",
    21210: "the number the portal calls from is not one of its account",
    21211: "it knows no such number",
    21212: "the number the portal sends from is not valid",
    21214: "this number cannot be called",
    21215: "the account may not call this country",
    21217: "it knows no such number",
    21219: "a trial account reaches only numbers that were verified with the service",
    21408: "the account may not send texts to this country",
    21601: "the number the portal sends from cannot send texts",
    21606: "the number the portal sends from cannot send texts to this one",
    21608: "a trial account reaches only numbers that were verified with the service",
    21610: "this number has unsubscribed by answering STOP",
    21612: "no text can be sent to this number from the portal's",
    21614: "this is not a mobile number",
}


def missing(*names: str) -> str:
    """'SMS is not set up …' as far as these settings have no value; empty when all have one."""
    absent = [name for name in ("TELEPHONE_ACCOUNT_SID", "TELEPHONE_AUTH_TOKEN", *names) if not getattr(settings, name)]
    return f"Telephone messages are not set up on this installation: an operator must set {', '.join(absent)}." if absent else ""


def callback(path: str) -> str:
    """The address under which the service can reach `path` of this portal; empty while PORTAL_URL leads to no place that others can reach."""
    address = settings.PORTAL_URL.rstrip("/")
    host = urlsplit(address).hostname or ""
    try:
        reachable = not ipaddress.ip_address(host).is_loopback
    except ValueError:
        reachable = "." in host
    return f"{address}{path}" if reachable else ""


def submit(channel: str, resource: str, to: str, form: Mapping[str, str | Sequence[str]]) -> Handed:
    """Creates a message or a call ('Messages', 'Calls') to `to` and returns what the service calls it. It is asked to report how that fared.

    Raises DeliveryFailed, permanent for a number that is none and for what the service refuses for good.
    """
    number = as_kept(channel, to)
    problem = problem_with(channel, number)
    if problem:
        raise DeliveryFailed(problem, permanent=True)
    account, reports_to = settings.TELEPHONE_ACCOUNT_SID, callback(STATUS)
    address = f"{settings.TELEPHONE_API_URL.rstrip('/')}/2010-04-01/Accounts/{account}/{resource}.json"
    asked = {"To": number, **form} | ({"StatusCallback": reports_to} if reports_to else {})
    reply = post(address, form=asked, basic=(account, settings.TELEPHONE_AUTH_TOKEN))
    told = _read(reply)
    code = told.get("code")
    if not 200 <= reply.status < 300 and code in REFUSALS:
        raise DeliveryFailed(f"The telephone service refused it: {REFUSALS[code]} ({code}).", permanent=True)
    reply.refuse_bad()
    sid = str(told.get("sid", ""))
    if not _SID.fullmatch(sid):
        return Handed("taken by the telephone service")
    return Handed(f"taken by the telephone service as {sid}", ref=sid, receipts=bool(reports_to))


def _read(reply: Reply) -> dict[str, Any]:
    try:
        told = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
