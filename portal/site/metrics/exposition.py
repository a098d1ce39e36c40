"""The text format that Prometheus reads (0.0.4): families of samples to lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    """One number with its labels."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name with the unit in it, what it means, 'gauge' or 'counter', and its samples."""

    name: str
    help: str
    kind: str
    samples: tuple[Sample, ...]


def one(name: str, help: str, value: float | None, kind: str = "gauge") -> Family:
    """A family of one number; of none when it is not known, which is another thing than 0."""
    return Family(name, help, kind, () if value is None else (Sample(value),))


def exposed(families: Iterable[Family]) -> str:
    """The whole page."""
    return "".join(line + "\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterable[str]:
    yield f"# HELP {family.name} {_plain(family.help)}"
    yield f"# TYPE {family.name} {family.kind}"
    for sample in family.samples:
        labels = ",".join(f'{name}="{_quoted(value)}"' for name, value in sample.labels.items())
        yield f"{family.name}{'{' + labels + '}' if labels else ''} {_number(sample.value)}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _plain(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return _plain(text).replace('"', r"\"")
