"""An answer put into words once, for whoever has to keep it as well as send it."""

from typing import Any

from django.utils.functional import cached_property
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response


class Written(Response):
    """`words` are its data as JSON. Whoever asked for another form of it gets that."""

    @cached_property
    def words(self) -> bytes:
        written: bytes = JSONRenderer().render(self.data)
        return written

    @classmethod
    def of(cls, answer: Response) -> "Written":
        """`answer` as one of these; the answer itself is not used any more."""
        if isinstance(answer, cls):
            return answer
        return cls(answer.data, status=answer.status_code, headers=dict(answer.items()))

    @property
    def rendered_content(self) -> Any:
        # Anything behind the media type, such as an indent, is said in it.
        if type(self.accepted_renderer) is JSONRenderer and self.accepted_media_type == JSONRenderer.media_type:
            self["Content-Type"] = JSONRenderer.media_type
            return self.words
        return super().rendered_content
