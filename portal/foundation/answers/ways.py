"""The ways on which an answer comes back, and what each proves. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """`origin` is what the audit trail calls the way in, `words` end the sentence 'Answered …'. `source` and `kind` are those of a Callback."""

    name: str
    origin: str
    words: str
    source: str
    kind: str


# Whoever has the address has the message.
LINK = Way("link", "link", "by the link in the message", "link", "link")
# The number is a verified contact point of one person.
REPLY = Way("reply", "sms", "by a text message", "telephone", "reply")
# Whoever picked up the call that was made to the person and pressed a key.
KEYPAD = Way("keypad", "voice", "on the telephone's keypad", "telephone", "keypad")
# Slack says who pressed; the member is a verified contact point of one person.
SLACK = Way("Slack", "slack", "by a button in Slack", "slack", "button")
