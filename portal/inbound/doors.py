"""What all doors for machines share: only POST, a body of bounded size, a form that is read strictly, plain words as the answer."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from portal.foundation.errors import InvalidInput, NotAllowed, PortalError

# A text has at most 1,600 letters; Slack sends the message along whose button was pressed.
LARGEST_BODY = 100_000
MOST_FIELDS = 200

Door = Callable[[HttpRequest, bytes], HttpResponse]


class NotSetUp(PortalError):
    """The operator has not given the secret that this door needs."""

    code = "not_set_up"
    status = 503


class TooLarge(PortalError):
    """The body is larger than any that is meant for this door."""

    code = "too_large"
    status = 413


def door(view: Door) -> Callable[[HttpRequest], HttpResponse]:
    """Makes a view of a function that takes the request and its raw body. What it raises is answered in a line of plain text.

    Exempt from the check against forged forms: no browser and no session is involved, and each door checks its caller's signature.
    """

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return plain("Only POST is answered here.", 405, Allow="POST")
        try:
            return view(request, _body(request))
        except PortalError as error:
            return plain(error.message, error.status)

    return csrf_exempt(guarded)


def plain(text: str, status: int = 200, **headers: str) -> HttpResponse:
    return HttpResponse(
        f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store", **headers}
    )


def fields(body: bytes) -> list[tuple[str, str]]:
    """The names and values of a form, in UTF-8 whatever its sender calls it. Raises InvalidInput for what is none."""
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise InvalidInput("The body is not a form that can be read.") from None


def once(form: list[tuple[str, str]], name: str) -> str:
    """The value of `name`, empty when it is missing. Raises InvalidInput when it stands there more than once: which of them is meant?"""
    values = [value for each, value in form if each == name]
    if len(values) > 1:
        raise InvalidInput("A parameter stands there more than once.")
    return values[0] if values else ""


def public_address(request: HttpRequest) -> str:
    """The address that the caller was told to call: from PORTAL_URL, for behind a proxy, and with a forged Host, the request says another."""
    query = request.META.get("QUERY_STRING", "")
    return f"{settings.PORTAL_URL.rstrip('/')}{request.path_info}" + (f"?{query}" if query else "")


def refuse_forged(fits: bool) -> None:
    """Raises NotAllowed unless the signature fits."""
    if not fits:
        raise NotAllowed("The signature does not fit.")


def _body(request: HttpRequest) -> bytes:
    """Raises TooLarge, and InvalidInput for one that breaks off."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise InvalidInput("The length of the body is not a number.") from None
    if length > LARGEST_BODY:
        raise TooLarge("The body is too large.")
    try:
        return bytes(request.body)
    except RequestDataTooBig:
        raise TooLarge("The body is too large.") from None
    except UnreadablePostError:
        raise InvalidInput("The body broke off.") from None
