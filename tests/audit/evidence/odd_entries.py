"""Entries that somebody with the key might write: some within the format, some not."""

import json
from collections.abc import Callable
from typing import Any

from .verifier.made_bundles import canonical

Odd = Callable[[bytes, bytes], bytes]


def bytes_for(old: bytes, new: bytes) -> Odd:
    """The entry with some of its bytes exchanged."""
    return lambda entry, _: entry.replace(old, new, 1)


def told(raw: bytes) -> Odd:
    """The entry with these bytes as what it tells further."""
    return lambda entry, _: entry.replace(b'"id":', b'"details":' + raw + b',"id":', 1)


def fields(**changed: Any) -> Odd:
    """The entry with other fields, in canonical form."""
    return lambda entry, _: canonical({**json.loads(entry), **changed})


def without(name: str) -> Odd:
    return lambda entry, _: canonical({key: value for key, value in json.loads(entry).items() if key != name})


def about(**changed: Any) -> Odd:
    """The entry about another object."""

    def odd(entry: bytes, _: bytes) -> bytes:
        content = json.loads(entry)
        merged = {**content["obj"], **changed}
        return canonical({**content, "obj": {key: value for key, value in merged.items() if value is not ...}})

    return odd


VALUES = [
    b"0", b"-0", b"-1", b"01", b"1.0", b"1e3", b"1E3", b"9007199254740991", b"9007199254740992", b"-9007199254740991", b"-9007199254740992",
    b"99999999999999999999", b"true", b"True", b"null", b"nul", b"NaN", b"Infinity", b"-", b"+1", b"[]", b"[1,2]", b"[1,]", b"[,1]", b"[1 ,2]", b"{}",
    b'{"a":1,"b":2}', b'{"b":1,"a":2}', b'{"a":1,"a":2}', b'{"a":1,}', b'{"a" :1}', b'{"a":1,"aa":1}', b'{"aa":1,"a":1}', b'{"":1}', b'{"A":1,"a":1}',
    b'{"a":1,"A":1}', b'{"\xc3\xa9":1}', b'{"\\u00e9":1}', b'{"a\\"b":1}', b'{"\\"":1,"a":1}', b'{"a":1,"\\"":1}', b'{"\\\\":1,"a":1}', b'{"[":1,"\\\\":1}',
    b'{"\\n":1,"a":1}', b'{"\\u0001":1,"a":1}', b'{"\\u0041":1}', b"{1:2}", b"{'a':1}", b'"\xc3\xa9"', b'"\\u00e9"', b'"\\/"', b'"\\u0041"', b'"\\u001f"',
    b'"\\u001F"', b'"\\u0008"', b'"\\b\\f\\n\\r\\t"', b'"\\u000a"', b'"\\u007f"', b'"\x7f"', b'"\x1f"', b'"\t"', b'"\\x"', b'"\\"', b'"', b'"\\ud83d\\ude00"',
    b'"\xf0\x9f\x98\x80"', b'"\\ud800"', b'"\xed\xa0\x80"', b'"\xff"', b'"\xc0\x80"', b'"\xc1\xbf"', b'"\xe0\x80\x80"', b'"\xf0\x80\x80\x80"',
    b'"\xf4\x90\x80\x80"', b'"\xf4\x8f\xbf\xbf"', b'"\xef\xbf\xbe"', b'"\xef\xbb\xbf"', b'"\xe2\x80\xa8"', b'"\xc2\x80"', b'"\x80"', b'"\xc3"',
    b'{"sealed":"' + b"a" * 64 + b'"}', b'{"sealed":"x"}', b'{"sealed":1}', b"[" * 100 + b"]" * 100, b'"' + b"x" * 20_000 + b'"', b'{"__proto__":{"a":1}}',
    b'{"constructor":null}', b'{"toString":1}', b'{"bundle":1}', b'{"ranges":[[0,1]]}',
]  # fmt: skip
TIMES = [
    "2026-03-02T09:00:05.00000Z", "2026-03-02T09:00:05Z", "2026-03-02T09:00:05.000000z", "2026-03-02t09:00:05.000000Z", "2026-03-02 09:00:05.000000Z",
    "2026-03-02T09:00:05.000000+00:00", "2026-02-30T09:00:05.000000Z", "2026-03-02T24:00:00.000000Z", "2026-03-02T09:00:60.000000Z", "2026-13-02T09:00:05.000000Z",
    "2026-00-02T09:00:05.000000Z", "2026-03-00T09:00:05.000000Z", "0000-03-02T09:00:05.000000Z", "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z",
    "2026-03-02T08:55:00.000000Z", "2026-03-02T08:54:00.000000Z", "2026-03-02T09:04:50.000000Z", "2026-03-02T09:06:00.000000Z", "٢٠26-03-02T09:00:05.000000Z",
    "2026-03-02T09:00:05,000000Z", "2026-03-02T09:60:05.000000Z", "2026-02-29T09:00:05.000000Z", "2024-02-29T09:00:05.000000Z", "", None, 5,
]  # fmt: skip
IDS = [
    "00000000-0000-4000-8000-000000000000", "019cadc6-9e68-76b8-c6b2-73ff34fce19d", "019CADC6-9E68-76B8-86B2-73FF34FCE19D", "019cadc69e6876b886b273ff34fce19d",
    "019cadc6-9e68-76b8-86b2-73ff34fce19g", "019cadc6-9e68-76b8-b6b2-73ff34fce19d", "{019cadc6-9e68-76b8-86b2-73ff34fce19d}", "", None, 7,
]  # fmt: skip
OBJECTS: list[Any] = [None, [], {}, "x", {"model": "m", "pk": "1"}, {"model": "m", "pk": "1", "seq": 1}]
ACTORS: list[Any] = [None, "x", [], {}]
ODD_ENTRIES: list[tuple[str, Odd]] = [
    *((f"tells {value[:40]!r}", told(value)) for value in VALUES),
    *((f"ts {value!r}", fields(ts=value)) for value in TIMES),
    *((f"rec {value!r}", fields(rec=value)) for value in TIMES),
    *((f"id {value!r}", fields(id=value)) for value in IDS),
    *((f"v {value!r}", fields(v=value)) for value in (0, 1, 2, 3, "2", None, True)),
    *((f"type {value!r}", fields(type=value)) for value in ("", None, 1, "x", "ledger.key_rotated", "ledger.restored", "retention.pruned", "evidence.exported")),
    *((f"without {name}", without(name)) for name in ("v", "id", "ts", "type", "actor", "obj")),
    *((f"seq {value!r}", about(seq=value)) for value in (0, 1, 2, 3, 5, -1, "1", None, True, ..., 2**40)),
    *((f"object {value!r}", fields(obj=value)) for value in OBJECTS),
    *((f"pk {value!r}", about(pk=value, seq=1)) for value in (1, None, "", "é")),
    *((f"model {value!r}", about(model=value, seq=1)) for value in (1, None, "", ...)),
    *((f"actor {value!r}", fields(actor=value)) for value in ACTORS),
    *((f"ctx {value!r}", fields(ctx=value)) for value in (None, "x")),
    *((f"details {value!r}", fields(details=value)) for value in (None, "x", [1])),
    ("a field more", fields(zzz=1)),
    ("a space at the end", lambda entry, _: entry + b" "),
    ("a carriage return at the end", lambda entry, _: entry + b"\r"),
    ("a space within", bytes_for(b'"v":2', b'"v": 2')),
    ("a float", bytes_for(b'"v":2', b'"v":2.0')),
    ("two objects", lambda entry, _: entry + b"{}"),
    ("cut", lambda entry, _: entry[:-1]),
    ("only a brace", lambda entry, _: b"{"),
    ("an empty object", lambda entry, _: b"{}"),
    ("an empty line", lambda entry, _: b""),
    ("a list", lambda entry, _: b"[1]"),
    ("no JSON", lambda entry, _: b"hello"),
    ("a mark of byte order", lambda entry, _: b"\xef\xbb\xbf" + entry),
]  # fmt: skip
