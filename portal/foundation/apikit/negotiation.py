"""Which form an answer has. Nearly every caller takes what there is, and that is not worth thinking about."""

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation

ANYTHING = "*/*"


class Negotiation(DefaultContentNegotiation):
    """As the framework's own."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        said = request.META.get("CONTENT_TYPE")
        return next((parser for parser in parsers if parser.media_type == said), None) or super().select_parser(request, parsers)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        if request.META.get("HTTP_ACCEPT", ANYTHING) == ANYTHING and not request.META.get("QUERY_STRING") and not format_suffix:
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)
