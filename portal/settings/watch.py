"""Who may read the figures of the portal, and whether its pages say what is not well."""

from .env import networks, text

# GET /metrics answers whoever brings this token (Authorization: Bearer …) or calls from one of these networks. Neither set: there is no such page.
METRICS_TOKEN = text("METRICS_TOKEN")
METRICS_NETWORKS = networks("METRICS_NETWORKS")
ALARM_BANNER = True
