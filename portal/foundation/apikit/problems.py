"""Errors of the API as problem documents (RFC 9457): one shape for everything that goes wrong."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions

from portal.foundation.errors import InvalidInput, PortalError
from portal.foundation.request_context import current_origin

MEDIA_TYPE = "application/problem+json"


def answer(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The framework's exception handler: what is known becomes a problem document, what is not stays a server error.

    Always JSON: a view's own renderer, such as the description's YAML, is for what went well.
    """
    headers: dict[str, str] = {}
    if isinstance(error, PortalError):
        errors = list(_of_fields(error.fields)) if isinstance(error, InvalidInput) else []
        problem = document(error.status, error.message, error.code, errors)
    elif isinstance(error, exceptions.ValidationError):
        problem = document(400, "The input cannot be used; see 'errors'.", "invalid_input", list(_flat(error.detail)))
    elif isinstance(error, exceptions.APIException):
        problem = document(error.status_code, _sentence(error), _code(error))
        headers = _headers_of(error)
    elif isinstance(error, Http404):
        problem = document(404, "There is nothing here, or you may not see it.", "not_found")
    elif isinstance(error, DjangoPermissionDenied):
        problem = document(403, "You may not do this.", "not_allowed")
    elif isinstance(error, RequestDataTooBig):
        problem = document(413, "The body is too large.", "body_too_large")
    elif isinstance(error, SuspiciousOperation):
        problem = document(400, "The request cannot be read.", "invalid_input")
    else:
        return None
    return JsonResponse(problem, status=problem["status"], headers=headers, content_type=MEDIA_TYPE)


def document(status: int, detail: str, code: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """The body of a problem. `errors` lists fields as {'field', 'problem'}; '' is the whole input."""
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": current_origin().request_id,
    }
    return {**problem, "errors": errors} if errors else problem


def _flat(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Nested serializer errors as one list with dotted paths."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flat(inner, path if name == "non_field_errors" else f"{path}.{name}".lstrip("."))
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        for position, inner in enumerate(detail):
            yield from _flat(inner, f"{path}.{position}".lstrip("."))
    else:
        for problem in detail if isinstance(detail, list) else [detail]:
            yield {"field": path, "problem": str(problem)}


def _of_fields(fields: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    for name, problems in fields.items():
        for problem in problems:
            yield {"field": name, "problem": problem}


def _sentence(error: exceptions.APIException) -> str:
    return str(error.detail) if isinstance(error.detail, str) else "The request cannot be answered."


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else "invalid_input"


def _headers_of(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    challenge, wait = getattr(error, "auth_header", None), getattr(error, "wait", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    if wait:
        headers["Retry-After"] = f"{wait:.0f}"
    return headers


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's 404: a problem document under /api/, a page elsewhere."""
    if _is_api(request):
        return _plain(404, "There is nothing at this address.", "not_found")
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's 400."""
    if _is_api(request):
        return _plain(400, "The request cannot be read.", "invalid_input")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The site's 500, without any detail of what failed."""
    if _is_api(request):
        return _plain(500, "Something failed here. The request's id helps to find it in the log.", "server_error")
    return defaults.server_error(request)


def _plain(status: int, detail: str, code: str) -> HttpResponse:
    return JsonResponse(document(status, detail, code), status=status, content_type=MEDIA_TYPE)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
