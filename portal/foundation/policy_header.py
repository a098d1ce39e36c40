"""The Content-Security-Policy of every answer, put together once where the answer asks for nothing of its own."""

from functools import cache

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponseBase

# What a view says of its own policy with the library's decorators.
_OWN = frozenset({"_csp_exempt", "_csp_update", "_csp_replace", "_csp_config"})


class PolicyHeaderMiddleware(CSPMiddleware):
    """As the library's, without its second policy that is only reported on."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if "_csp_nonce" in request.__dict__ or HEADER in response or not _OWN.isdisjoint(response.__dict__):
            return super().process_response(request, response)
        response[HEADER] = _usual()
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        return response


@cache
def _usual() -> str:
    return build_policy()
