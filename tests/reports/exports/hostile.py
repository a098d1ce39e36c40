"""Texts that try to be more than text, in every place where a person or another system can write one."""

from dataclasses import replace

from reports.document import Column, ReportDocument, Section, Table
from reports.packs.build import build
from reports.packs.quarters import Progress, Quarter
from tests.factories.reports import fact, small_quarter

TEXTS = (
    "=1+1", "=HYPERLINK(\"http://127.0.0.1\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "＝1+1", "{=1}", "'=1", "|cmd", "%0A=1",
    "#import \"/etc/passwd\": *", "#read(\"/etc/passwd\")", "#panic()", "$x^2$", "$", "*bold* _x_ `code` ```", "<label> @ref ~ \\ /* //",
    "[ ] { } ( )", "= Heading", "- list", "$\\frac{1}{0}$", "<script>alert(1)</script>", "]]>", "&amp;&#0;", "a,b;c\"d\"", "line\r\nbreak",
    "עברית", "العربية \u202eevil\u2066", "🔥👩‍👩‍👧‍👦🇪🇸", "漢字かな", "a\u0301\u0302\u0303", "\ufeffBOM", "\x00\x01\x1b[31m", "x" * 40_000,
    "W" * 200, " ", "",
)  # fmt: skip


def hostile_document() -> ReportDocument:
    """Titles, services, groups and numbers all hostile, and a table whose headers are too."""
    facts = [fact(title=text, service=text, team=text, number=text, acknowledged=-5.0, resolved=60) for text in TEXTS]
    document = build(Quarter(2016, 1), [*small_quarter(), *facts], progress=Progress.OVER, last_event_at=None)
    headers = Table("headers", "Headers", "Made up", tuple(Column(text, text) for text in TEXTS[:30]), (TEXTS[:30],))
    return replace(document, sections=(*document.sections, Section("made-up", "#panic() $", TEXTS[:30], tables=(headers,))))
