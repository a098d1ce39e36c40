"""Whether an anchor is there, asked between two checkpoints: what is away is told within a minute, also when nothing is to be shown."""

import ssl
from contextlib import closing
from pathlib import Path
from socket import create_connection

from portal.foundation.errors import DeliveryFailed
from portal.foundation.outbound_http import check_host

from . import syslog
from .anchor import FILE, SYSLOG, Anchor, AnchorFailed

PATIENCE_SECONDS = 5.0
WEB_PORTS = {"http": 80, "https": 443}


def reach(anchor: Anchor) -> None:
    """Raises AnchorFailed when nobody is there. That somebody is does not mean that a checkpoint will be taken; of UDP it is never known."""
    try:
        if anchor.kind == FILE:
            _folder(Path(anchor.address))
        elif anchor.kind == SYSLOG:
            _receiver(anchor)
        else:
            port = anchor.port or WEB_PORTS[anchor.way]
            create_connection((check_host(anchor.host, port)[0], port), timeout=PATIENCE_SECONDS).close()
    except DeliveryFailed as failed:
        raise AnchorFailed(f"{anchor.name}: {failed.message}") from failed
    except ssl.SSLError as error:
        raise AnchorFailed(f"{anchor.name}: no secure connection ({error.reason or 'refused'}).") from error
    except OSError as error:
        raise AnchorFailed(f"{anchor.name} cannot be reached ({error.strerror or type(error).__name__}).") from error


def _folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise AnchorFailed(f"{path.parent} is not there. Is its disk mounted?")


def _receiver(anchor: Anchor) -> None:
    if anchor.way != "udp":
        with closing(syslog.connected(anchor)):
            return
