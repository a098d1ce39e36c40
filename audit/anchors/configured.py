"""LEDGER_ANCHORS, read: a list of addresses separated by spaces. What is wrong with one is said in words that repeat no secret."""

import base64
from functools import lru_cache
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.conf import settings

from .anchor import COSIGNATURE, FILE, RFC3161, SYSLOG, WITNESS, Anchor, WitnessKey

PORTS = {"tls": 6514, "tcp": 601, "udp": 514}
LONGEST_NAME = 255
FORMS = (
    "file:///mnt/elsewhere/checkpoints, syslog+tls://host:6514 (or +tcp, +udp), tsa+https://host/path (or +http), "
    "witness+https://host/#KEY (or +http)"
)


def anchors() -> list[Anchor]:
    """Every anchor whose address can be understood."""
    return list(_read(_setting())[0])


def problems() -> list[str]:
    """What is wrong with the others, in words."""
    return list(_read(_setting())[1])


def witness_keys() -> list[str]:
    """The public keys of the configured witnesses, in text."""
    return [anchor.key.text for anchor in anchors() if anchor.key]


def parse(address: str) -> Anchor:
    """The anchor behind one address. Raises ValueError in words that hold nothing of the address but its host."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError("an address cannot be read as one") from None
    kind, _, way = parts.scheme.partition("+")
    makers = {"file": _file, "syslog": _syslog, "tsa": _time_stamps, "witness": _witness}
    if kind not in makers:
        raise ValueError(f"'{parts.scheme or 'no scheme'}' is no kind of anchor. Use {FORMS}")
    anchor = makers[kind](parts, way, port)
    if len(anchor.name) > LONGEST_NAME:
        raise ValueError(f"'{anchor.name[:40]}…' is longer than {LONGEST_NAME} characters")
    return anchor


def parsed_witness_key(text: str) -> WitnessKey:
    """A witness' key in text. Raises ValueError for anything else, a ledger's key included."""
    # base64 may hold a '+' itself.
    name, identity, encoded = [*text.strip().split("+", 2), "", ""][:3]
    raw = base64.b64decode(encoded, validate=True)
    key = WitnessKey(name, raw[1:], text.strip())
    if raw[:1] != COSIGNATURE or len(key.public) != 32 or not name or key.key_id.hex() != identity:
        raise ValueError("no key of a witness")
    return key


def _setting() -> tuple[str, ...]:
    return tuple(settings.LEDGER_ANCHORS)


@lru_cache(maxsize=4)
def _read(addresses: tuple[str, ...]) -> tuple[tuple[Anchor, ...], tuple[str, ...]]:
    found: dict[str, Anchor] = {}
    wrong: list[str] = []
    for place, address in enumerate(addresses, 1):
        try:
            anchor = parse(address)
        except ValueError as error:
            wrong.append(f"Anchor {place}: {error}.")
            continue
        if anchor.name in found:
            wrong.append(f"Anchor {place}: there is another one called '{anchor.name}'; one is enough.")
        found.setdefault(anchor.name, anchor)
    return tuple(found.values()), tuple(wrong)


def _file(parts: SplitResult, way: str, port: int | None) -> Anchor:
    path = unquote(parts.path)
    if way or parts.netloc or not path.startswith("/") or path.endswith("/"):
        raise ValueError("a file is named as file:///folder/name, with three slashes")
    return Anchor(FILE, f"file {path}", str(Path(path)))


def _syslog(parts: SplitResult, way: str, port: int | None) -> Anchor:
    if way not in PORTS or not parts.hostname or parts.path.strip("/"):
        raise ValueError("a syslog receiver is named as syslog+tls://host:6514, syslog+tcp://host:601 or syslog+udp://host:514")
    asked = parse_qs(parts.query, keep_blank_values=True)
    if set(asked) - {"ca", "certificate"} or (asked and way != "tls"):
        raise ValueError("a syslog receiver takes ?ca=FILE and &certificate=FILE, and only with tls")
    files = {name: values[-1] for name, values in asked.items()}
    for file in files.values():
        if not Path(file).is_file():
            raise ValueError(f"there is no file {file}")
    name = f"syslog+{way} {parts.hostname}:{port or PORTS[way]}"
    return Anchor(SYSLOG, name, "", way, parts.hostname, port or PORTS[way], None, files.get("ca", ""), files.get("certificate", ""))


def _time_stamps(parts: SplitResult, way: str, port: int | None) -> Anchor:
    host = _web_host(parts, way, port, "a time-stamp authority is named as tsa+https://host/path")
    plain = parts._replace(scheme=way, netloc=_without_user(parts), fragment="").geturl()
    basic = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return Anchor(RFC3161, f"tsa {host}", plain, way, parts.hostname or "", port or 0, basic)


def _witness(parts: SplitResult, way: str, port: int | None) -> Anchor:
    host = _web_host(parts, way, port, "a witness is named as witness+https://host/#KEY, with its public key behind the #")
    try:
        key = parsed_witness_key(parts.fragment)
    except ValueError:
        raise ValueError(f"what follows the # of the witness at {host} is not a witness' public key; the witness prints it") from None
    plain = parts._replace(scheme=way, fragment="", query="", path=parts.path.rstrip("/")).geturl()
    # The key's name is what an auditor knows it by.
    return Anchor(WITNESS, f"witness {key.name}", plain, way, parts.hostname or "", port or 0, None, "", "", key)


def _web_host(parts: SplitResult, way: str, port: int | None, form: str) -> str:
    if way not in {"http", "https"} or not parts.hostname:
        raise ValueError(form)
    return f"{parts.hostname}:{port}" if port else parts.hostname


def _without_user(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]
