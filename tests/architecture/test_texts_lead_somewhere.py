"""Whoever follows a link, a picture, a command or a path of a text arrives."""

import re
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).parents[2]
TEXTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/contracts/**/*.md")])
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"""(?:\[(?:[^\[\]]|\[[^\]]*\])*\]\(|<img [^>]*src=")([^)"\s]+)""")
COMMAND, TARGET = re.compile(r"manage\.py ([a-z_]+)"), re.compile(r"`make ([a-z-]+)")
PATH = re.compile(r"`((?:portal|audit|policies|incidents|reports|tests|docs|benchmarks)/[\w./-]*)`")


@cache
def _prose(text: Path) -> str:
    return FENCED.sub("", text.read_text(encoding="utf-8"))


@cache
def _anchors(text: Path) -> set[str]:
    """Of its headings, as the usual renderers make them."""
    words = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in re.findall(r"^#+ (.+)$", _prose(text), re.MULTILINE))
    return {re.sub(r"[^\w\- ]", "", each.strip().lower()).replace(" ", "-") for each in words}


def _leads_nowhere(text: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    there = text.parent / path if path else text
    return not there.exists() or (bool(anchor) and anchor not in _anchors(there))


def test_the_texts_are_found_and_their_links_read() -> None:
    assert len(TEXTS) > 50
    assert "docs/operations.md" in LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert _leads_nowhere(ROOT / "README.md", "docs/nowhere.md")
    assert _leads_nowhere(ROOT / "README.md", "docs/operations.md#nowhere")
    assert not _leads_nowhere(ROOT / "README.md", "docs/operations.md#after-a-restore")


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: str(text.relative_to(ROOT)))
def test_every_link_within_the_house_arrives(text: Path) -> None:
    links = [link for link in LINK.findall(_prose(text)) if not re.match(r"[a-z]+:", link)]
    assert [link for link in links if _leads_nowhere(text, link)] == []


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: str(text.relative_to(ROOT)))
def test_every_command_target_and_path_that_is_named_exists(text: Path) -> None:
    words = text.read_text(encoding="utf-8")
    assert [name for name in COMMAND.findall(words) if name not in get_commands()] == []
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert [name for name in TARGET.findall(words) if name not in targets] == []
    assert [path for path in PATH.findall(words) if not (ROOT / path).exists()] == []


def test_every_picture_is_shown_somewhere() -> None:
    shown = {Path(link).name for text in TEXTS for link in LINK.findall(_prose(text))}
    assert sorted(file.name for file in (ROOT / "docs" / "images").iterdir() if file.name not in shown) == []
