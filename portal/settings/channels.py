"""How messages leave: which addresses may be called, how long we wait."""

from .env import flag, number, text, words

# Private and loopback addresses are refused unless host:port stands here (the demo's receiver, a gateway in your network).
OUTBOUND_ALLOWED_HOSTS = words("OUTBOUND_ALLOWED_HOSTS")
OUTBOUND_TIMEOUT_SECONDS = number("OUTBOUND_TIMEOUT_SECONDS", 10)
# The portal's own address, for links in messages.
PORTAL_URL = text("PORTAL_URL", "http://localhost:8000")
# Called after each finished engine pass, so that something outside notices when the engine stops.
DEAD_MAN_URL = text("DEAD_MAN_URL")

# Text messages and calls through Twilio, or a gateway that speaks its API. Unset: these channels are not set up, and say so.
TELEPHONE_API_URL = text("TELEPHONE_API_URL", "https://api.twilio.com")
TELEPHONE_ACCOUNT_SID = text("TELEPHONE_ACCOUNT_SID")
TELEPHONE_AUTH_TOKEN = text("TELEPHONE_AUTH_TOKEN")
# A number such as +15005550006; for texts also the SID of a messaging service (MG…).
TELEPHONE_SMS_FROM = text("TELEPHONE_SMS_FROM")
TELEPHONE_VOICE_FROM = text("TELEPHONE_VOICE_FROM")

# A bot that may write to members (chat:write, im:write). Contact points with an incoming webhook need none.
SLACK_API_URL = text("SLACK_API_URL", "https://slack.com/api")
SLACK_BOT_TOKEN = text("SLACK_BOT_TOKEN")
# Proves that a pressed button was told by Slack. Unset: its door says that buttons are not set up.
SLACK_SIGNING_SECRET = text("SLACK_SIGNING_SECRET")

# E-mail carries codes and information, never an alert. Without a host nothing is sent.
EMAIL_HOST = text("EMAIL_HOST")
EMAIL_PORT = int(number("EMAIL_PORT", 587))
EMAIL_HOST_USER = text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = int(OUTBOUND_TIMEOUT_SECONDS)
DEFAULT_FROM_EMAIL = text("EMAIL_FROM", "portal@localhost")
