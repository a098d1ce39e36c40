"""TwiML: what the telephone service is told to say, to ask for or to text back. Pure."""

import re
from xml.sax.saxutils import escape, quoteattr

# As much as the service takes of a document that comes with a call.
LONGEST_DOCUMENT = 4_000
PAUSE = '<Pause length="1"/>'
NOTHING = "<Response></Response>"
# XML has no way to write these.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def document(content: str) -> str:
    return f"<Response>{content}</Response>"


def say(text: str) -> str:
    """Reads `text` out."""
    return f'<Say language="en-GB">{_written(text)}</Say>'


def texted(text: str) -> str:
    """Sends `text` back to whoever wrote; nothing when it is empty."""
    return document(f"<Message>{_written(text)}</Message>") if text else NOTHING


def one_key(told: str, address: str) -> str:
    """Reads `told` out while one key can be pressed at any time, which is then posted to `address`."""
    return f'<Gather input="dtmf" numDigits="1" timeout="10" method="POST" action={quoteattr(address)}>{told}</Gather>'


def _written(text: str) -> str:
    return escape(_UNSPEAKABLE.sub(" ", text))
