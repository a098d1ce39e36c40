"""The page of a refusal: what was refused, what is lacking, and who can give it."""

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from portal.foundation.access.checks import may_somewhere
from portal.foundation.access.in_words import what_is_needed, words_of

# What the addresses of a list and of its rows ask for; others have words of their own or ask for something else.
ASKED = {"changelist": "view", "change": "view", "history": "view", "add": "add", "delete": "delete"}


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's 403, in the words of the refusal where it has some, else by the address."""
    return defaults.permission_denied(request, exception if str(exception) else PermissionError(lacking(request)))


def lacking(request: HttpRequest) -> str:
    """The right that the reader lacks for a page of the admin, by its address; empty where it tells none, or it is held."""
    match, reader = request.resolver_match, getattr(request, "user", None)
    name, _, asked = (match.url_name or "").rpartition("_") if match is not None else ("", "", "")
    model = next((model for model in site._registry if f"{model._meta.app_label}_{model._meta.model_name}" == name), None)
    if model is None or asked not in ASKED or reader is None or not reader.is_authenticated:
        return ""
    right = f"{model._meta.app_label}.{ASKED[asked]}_{model._meta.model_name}"
    # Some pages go by another right than their model's, which then does not exist or is held.
    if words_of(right) == right or may_somewhere(reader, right):
        return ""
    return f"You may not open this page. {what_is_needed(right, reader)}"
