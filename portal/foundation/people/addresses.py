"""What an address of each channel looks like, how it is typed, and which addresses can carry an alert. Pure."""

import re
from urllib.parse import urlsplit

# E-mail is read when somebody looks; an alert must interrupt. These are the e-mail services that apprise speaks.
EMAIL_SCHEMES = frozenset(
    {
        *("mailto", "mailtos", "mailgun", "groundmail", "sparkpost", "postmark", "sendgrid", "brevo", "sendpulse"),
        *("azure", "o365", "smtp2go", "mailersend", "ses", "resend", "deltachat", "deltachats"),
    }
)
EMAIL = "email"
TELEPHONES = frozenset({"sms", "voice"})
# E.164: a country code, which begins with no zero, and at most fifteen digits; the shortest numbers of a country have seven.
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_TYPED_IN_NUMBERS = re.compile(r"[\s().\-/\u00a0\u2011\u202f]")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_SLACK_MEMBER = re.compile(r"[UW][A-Z0-9]{6,20}")

NO_ALERTS_BY_EMAIL = "E-mail does not carry an alert: nobody hears it at night. Use a push, chat or webhook address."
# What to type, by channel.
HOW_TO_TYPE = {
    "sms": "The number with + and the country code, such as +34 600 123 456.",
    "voice": "The number with + and the country code, such as +34 600 123 456.",
    "apprise": "The address of a push or chat service as apprise writes it, such as ntfy://topic.",
    "slack": "Your member ID, such as U012AB3CD (in Slack: profile, three dots, 'Copy member ID'), or an incoming webhook's https:// URL.",
    "teams": "The https:// URL of a workflow 'Post to a chat when a webhook request is received'.",
    "webhook": "An http:// or https:// URL that takes JSON.",
    EMAIL: "A mail address. It is used for codes and information, never for alerts.",
}


def as_kept(channel: str, typed: str) -> str:
    """The address as it is kept: '+34 600-123 456' and '0034600123456' are '+34600123456'."""
    text = typed.strip()
    if channel not in TELEPHONES:
        return text
    number = _TYPED_IN_NUMBERS.sub("", text)
    return f"+{number[2:]}" if number.startswith("00") else number


def is_email(address: str) -> bool:
    """Whether what is sent to `address` arrives as e-mail."""
    scheme, separator, _ = address.strip().partition("://")
    return scheme.lower() in EMAIL_SCHEMES if separator else "@" in address or scheme.partition(":")[0].lower() in EMAIL_SCHEMES


def may_alert(channel: str, address: str) -> bool:
    """Whether `address` is a good one of a channel that interrupts people: e-mail never is."""
    return channel != EMAIL and not problem_with(channel, address)


def problem_with(channel: str, address: str) -> str:
    """What is wrong with `address` as a contact point of `channel`, in words; empty when nothing is."""
    text = address.strip()
    if channel in TELEPHONES:
        return _problem_with_number(text)
    if channel == EMAIL:
        return "" if _MAIL.fullmatch(text) and len(text) <= 254 else f"This is not a mail address. {HOW_TO_TYPE[EMAIL]}"
    if channel == "slack" and _SLACK_MEMBER.fullmatch(text):
        return ""
    return _problem_with_url(channel, text)


def is_slack_member(address: str) -> bool:
    """Whether the bot writes to a member; else the address is an incoming webhook."""
    return _SLACK_MEMBER.fullmatch(address.strip()) is not None


def _problem_with_number(text: str) -> str:
    number = as_kept("sms", text)
    if _NUMBER.fullmatch(number):
        return ""
    if number.isascii() and number.isdigit():
        return f"The country code is missing. {HOW_TO_TYPE['sms']}"
    return f"This is not a telephone number. {HOW_TO_TYPE['sms']}"


def _problem_with_url(channel: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return "This is not a URL."
    scheme = parts.scheme.lower()
    # What goes to this machine itself leaves no wire.
    private = scheme == "https" or (scheme == "http" and host in {"127.0.0.1", "localhost", "::1"})
    if channel == "slack":
        return "" if private and host else f"This is neither a member ID nor a webhook. {HOW_TO_TYPE['slack']}"
    if channel == "teams":
        return "" if private and host else f"This is not a workflow's address. {HOW_TO_TYPE['teams']}"
    if is_email(text):
        return NO_ALERTS_BY_EMAIL
    if not scheme or "://" not in text:
        return "This is not a URL. It begins with a scheme, such as https:// or ntfy://."
    if channel == "webhook" and (scheme not in {"http", "https"} or not host):
        return "A webhook is an http:// or https:// URL."
    return ""
