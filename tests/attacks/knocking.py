"""Asking every address: the views themselves, as somebody, without the frame around them; and what was written meanwhile."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.cache import SessionStore
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import connection
from django.http import Http404
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

WRITES = re.compile(r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO)\s+["`]?(\w+)', re.IGNORECASE)
# Who looked, who was refused, what is remembered of a browser: no row of what is governed.
MAY_BE_WRITTEN = ("audit_", "django_session", "portal_browsersession", "front_door_", "portal_rememberedrequest")
REFUSED, NOT_THERE, ELSEWHERE, NOT_SO = 403, 404, 302, 405


def routes(resolver: URLResolver | None = None, before: str = "", space: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    """Every address with a name: the name with its namespace, the pattern in full, and where it leads."""
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLResolver):
            yield from routes(each, before + str(each.pattern), f"{space}{each.namespace}:" if each.namespace else space)
        elif each.name:
            yield f"{space}{each.name}", before + str(each.pattern), each


@contextmanager
def watched() -> Iterator[list[str]]:
    """The tables that are written to inside, but for those that keep who looked."""
    tables: list[str] = []

    def seen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = WRITES.match(sql)
        if found and not found.group(1).startswith(MAY_BE_WRITTEN):
            tables.append(found.group(1))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(seen):
        yield tables


def knock(pattern: URLPattern, kwargs: dict[str, Any], user: Any, method: str = "GET", data: Any = None) -> Any:
    """What the view answers, or the number of its refusal. `user` is anybody who is signed in."""
    request: Any = RequestFactory().generic(method, "/", data or b"", content_type="application/x-www-form-urlencoded")
    request.user, request.session = user, SessionStore()
    request._dont_enforce_csrf_checks = True
    request._messages = FallbackStorage(request)
    try:
        return pattern.callback(request, **kwargs).status_code
    except PermissionDenied:
        return REFUSED
    except Http404:
        return NOT_THERE
    except (SuspiciousOperation, BadRequest):
        return 400
    except Exception as error:  # noqa: BLE001 - an error of ours is an answer, too, and not one that was promised
        return f"{type(error).__name__}: {error}"[:200]
