"""The doors of the telephone service: how a text or call fared, what somebody wrote back, which key was pressed."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.foundation import clock
from portal.foundation.answers import calls, receipts, replies
from portal.foundation.answers.signatures import telephone_signature_fits
from portal.foundation.channels.twiml import texted
from portal.foundation.errors import InvalidInput

from .doors import NotSetUp, door, fields, once, public_address, refuse_forged

Form = list[tuple[str, str]]
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}", re.ASCII)
_WORD = re.compile(r"[a-z-]{1,20}", re.ASCII)
_ERROR = re.compile(r"[0-9]{1,6}", re.ASCII)


@door
def status(request: HttpRequest, body: bytes) -> HttpResponse:
    """A report about a text or a call. Answered the same whether it was news or not; there is nothing the service should do about it."""
    form = _genuine(request, body)
    call = once(form, "CallSid")
    ref = call or once(form, "MessageSid") or once(form, "SmsSid")
    said = once(form, "CallStatus") if call else once(form, "MessageStatus") or once(form, "SmsStatus")
    if not _SID.fullmatch(ref) or not _WORD.fullmatch(said):
        raise InvalidInput("The report names no message, or no status.")
    error = once(form, "ErrorCode")
    receipts.take_report(ref, said, error=error if _ERROR.fullmatch(error) else "", now=clock.now())
    return HttpResponse(status=204)


@door
def reply(request: HttpRequest, body: bytes) -> HttpResponse:
    """A text that somebody wrote to the portal's number; the answer goes back as a text."""
    form = _genuine(request, body)
    key = once(form, "MessageSid") or once(form, "SmsSid")
    if not _SID.fullmatch(key):
        raise InvalidInput("The text has no number of the service.")
    # STOP, START and HELP are answered by the service itself.
    words = "" if once(form, "OptOutType") else replies.take_reply(once(form, "From"), once(form, "Body"), key=key, now=clock.now())
    return _xml(texted(words))


@door
def keypad(request: HttpRequest, body: bytes) -> HttpResponse:
    """A key that was pressed during a call; the answer is spoken."""
    form = _genuine(request, body)
    call = once(form, "CallSid")
    if not _SID.fullmatch(call):
        raise InvalidInput("The call has no number of the service.")
    return _xml(calls.take_key(call, once(form, "Digits"), now=clock.now()))


def _genuine(request: HttpRequest, body: bytes) -> Form:
    """The form, from the telephone service. Raises NotSetUp, InvalidInput, and NotAllowed for everybody else."""
    secret = settings.TELEPHONE_AUTH_TOKEN
    if not secret or not settings.TELEPHONE_ACCOUNT_SID:
        raise NotSetUp("Telephone messages are not set up on this installation.")
    form = fields(body)
    signature = request.headers.get("X-Twilio-Signature", "")
    refuse_forged(telephone_signature_fits(public_address(request), form, signature, secret))
    account = once(form, "AccountSid")
    refuse_forged(account in {"", settings.TELEPHONE_ACCOUNT_SID})
    return form


def _xml(document: str) -> HttpResponse:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return HttpResponse(f"{head}{document}", content_type="text/xml; charset=utf-8", headers={"Cache-Control": "no-store"})
