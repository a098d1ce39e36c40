"""Reading YAML that may be hostile: bounded size and depth, no repeated keys, no aliases, no tags that make objects. Pure.

Only whole numbers, true, false and null are more than text. '0:15' is no number in base 60, 'no' is no falsehood, and 2.5 keeps its digits.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

# The largest policy we can imagine, twenty levels and a hundred thresholds, is under 60 kB.
LARGEST_BYTES = 256_000
DEEPEST = 12
_TAG = "tag:yaml.org,2002:"
_SURROGATE_OR_NUL = re.compile("[\x00\ud800-\udfff]")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The content of a file, and the line on which each part of it begins."""

    content: Any
    lines: dict[Path, int]


class Unreadable(Exception):
    """The file is not taken; the message says the line and what to do."""


def parse(raw: bytes) -> Parsed:
    """The one YAML document in `raw`. Raises Unreadable in words."""
    if len(raw) > LARGEST_BYTES:
        raise Unreadable(f"The file is larger than {LARGEST_BYTES:,} bytes. A policy is a few kilobytes: is it the right file?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"Line {line}: the file is not UTF-8 text. Save it as UTF-8.") from None
    lines: dict[Path, int] = {}
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise Unreadable(_in_words(error)) from None
    except yaml.YAMLError:
        raise Unreadable("The file holds characters that YAML does not allow. Remove control characters.") from None
    except (ValueError, OverflowError):
        raise Unreadable("The file holds an escape that names no character. Write the character itself.") from None
    if node is None:
        raise Unreadable("The file is empty.")
    return Parsed(_value(node, (), lines), lines)


def from_data(content: Any) -> Parsed:
    """The same from JSON that was parsed already, where nothing has a line. Raises Unreadable in words."""
    return Parsed(_data(content, 1), {})


def _data(value: Any, depth: int) -> Any:
    """`value` with fractions as text, as a file has them, so that what the sender wrote is what counts."""
    if depth > DEEPEST:
        raise Unreadable(f"The content is nested more than {DEEPEST} deep. No part of a policy is.")
    if isinstance(value, dict):
        return {str(_data(name, depth + 1)): _data(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [_data(item, depth + 1) for item in value]
    if isinstance(value, str) and _SURROGATE_OR_NUL.search(value):
        raise Unreadable("A text holds a character that cannot be stored.")
    return repr(value) if isinstance(value, float) else value


class _Loader(yaml.SafeLoader):
    """YAML without aliases and without the guesses of YAML 1.1."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable(f"Line {_line(event)}: '*{str(event.anchor)[:40]}' repeats another part. Write it out instead.")
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable(f"Line {_line(event)}: nested more than {DEEPEST} deep. No part of a policy is.")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


_Loader.add_implicit_resolver(f"{_TAG}int", re.compile(r"-?(?:0|[1-9][0-9]{0,14})\Z"), list("-0123456789"))
_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile(r"(?:true|false)\Z"), list("tf"))
_Loader.add_implicit_resolver(f"{_TAG}null", re.compile(r"(?:null|~|)\Z"), ["n", "~", ""])


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _value(node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    lines[path] = node.start_mark.line + 1
    kind = str(node.tag).removeprefix(_TAG)
    if isinstance(node, yaml.MappingNode) and kind == "map":
        return _mapping(node, path, lines)
    if isinstance(node, yaml.SequenceNode) and kind == "seq":
        return [_value(item, (*path, place), lines) for place, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode) and kind in _SCALARS:
        return _scalar(node, kind)
    raise Unreadable(f"Line {lines[path]}: the tag '{str(node.tag)[:60]}' is not taken. Write plain text, numbers, lists and fields.")


def _mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable(f"Line {line}: the name of a field must be a word.")
        name = str(_scalar(key, "str"))
        if name in content:
            raise Unreadable(f"Line {line}: '{name[:60]}' stands twice. Keep one of the two.")
        content[name] = _value(value, (*path, name), lines)
        lines[(*path, name)] = line
    return content


def _scalar(node: yaml.ScalarNode, kind: str) -> Any:
    text = str(node.value)
    if _SURROGATE_OR_NUL.search(text):
        raise Unreadable(f"Line {node.start_mark.line + 1}: a text holds a character that cannot be stored.")
    try:
        return _SCALARS[kind](text)
    except (ValueError, KeyError):
        raise Unreadable(f"Line {node.start_mark.line + 1}: '{text[:40]}' is not what its tag says.") from None


_SCALARS: dict[str, Any] = {
    "str": str,
    "int": lambda text: int(text) if len(text) <= 16 else int(""),
    "bool": {"true": True, "false": False}.__getitem__,
    "null": lambda text: None,
}


def _in_words(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"Line {mark.line + 1}" if mark else "The file"
    return f"{where}: this is not YAML that can be read ({error.problem or error.context or 'unknown reason'})."
