"""How messages leave: which addresses may be called, how long we wait."""

from .env import number, text, words

# Private and loopback addresses are refused unless host:port stands here (the demo's receiver, a gateway in your network).
OUTBOUND_ALLOWED_HOSTS = words("OUTBOUND_ALLOWED_HOSTS")
OUTBOUND_TIMEOUT_SECONDS = number("OUTBOUND_TIMEOUT_SECONDS", 10)
# The portal's own address, for links in messages.
PORTAL_URL = text("PORTAL_URL", "http://localhost:8000")
# Called after each finished engine pass, so that something outside notices when the engine stops.
DEAD_MAN_URL = text("DEAD_MAN_URL")
