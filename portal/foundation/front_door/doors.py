"""What the pages of the front door share: allauth's context around them, where to go on to, and what a page is made of."""

from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

View = Callable[..., HttpResponse]
NEXT = "next"


def later(path: str) -> View:
    """The view at `path`, loaded when somebody first asks for it: the processes that serve no page never do."""

    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = import_string(path)(request, *args, **kwargs)
        return answer

    return view


def at_the_door(view: View) -> View:
    """Around each page here. allauth keeps the request in a context, which its own middleware would set for every request of the portal."""

    @wraps(view)
    @never_cache
    @sensitive_post_parameters()
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        from allauth.core import context
        from allauth.core.exceptions import ImmediateHttpResponse

        request.allauth = SimpleNamespace()  # type: ignore[attr-defined]
        with context.request_context(request):
            try:
                return view(request, *args, **kwargs)
            except ImmediateHttpResponse as there:
                answer: HttpResponse = there.response
                return answer

    return wrapped


def for_its_owner(view: View) -> View:
    """A page of somebody's own account: whoever is not signed in is led to do so, and back."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            from django.contrib.auth.views import redirect_to_login

            return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("front-door"))
        return view(request, *args, **kwargs)

    return at_the_door(asked)


def next_page(request: HttpRequest) -> str:
    """Where to go on to: what was asked for, when it is a page of this installation."""
    asked = request.POST.get(NEXT) or request.GET.get(NEXT) or ""
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe else reverse("admin:index")


def page(request: HttpRequest, template: str, title: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page in the theme's frame. No browser keeps a copy."""
    return TemplateResponse(request, template, {**admin.site.each_context(request), "title": title, **context}, status=status)
