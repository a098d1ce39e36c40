"""Which addresses can carry an alert. Pure."""

from urllib.parse import urlsplit

# E-mail is read when somebody looks; an alert must interrupt. These are the e-mail services that apprise speaks.
EMAIL_SCHEMES = frozenset(
    {
        *("mailto", "mailtos", "mailgun", "groundmail", "sparkpost", "postmark", "sendgrid", "brevo", "sendpulse"),
        *("azure", "o365", "smtp2go", "mailersend", "ses", "resend", "deltachat", "deltachats"),
    }
)


def is_email(address: str) -> bool:
    """Whether what is sent to `address` arrives as e-mail."""
    scheme, separator, _ = address.strip().partition("://")
    return scheme.lower() in EMAIL_SCHEMES if separator else "@" in address or scheme.partition(":")[0].lower() in EMAIL_SCHEMES


def problem_with(channel: str, address: str) -> str:
    """What is wrong with `address` as a contact point of `channel`, in words; empty when nothing is."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname
    except ValueError:
        return "This is not a URL."
    scheme = parts.scheme.lower()
    if is_email(address):
        return "E-mail does not carry an alert: nobody hears it at night. Use a push, chat or webhook address."
    if not scheme or "://" not in address:
        return "This is not a URL. It begins with a scheme, such as https:// or ntfy://."
    if channel == "webhook" and (scheme not in {"http", "https"} or not host):
        return "A webhook is an http:// or https:// URL."
    return ""
