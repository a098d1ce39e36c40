"""A pack of two hundred pages: many units, findings, decisions and actions, with long names in many scripts."""

from dataclasses import replace

from reports.document import Column, Definition, Figure, FigureKind, Kind, ReportDocument, Section, Series, Table
from tests.reports.golden import small_document

UNITS, EACH = 48, 36
NAMES = (
    "Ana Ruiz", "Aleksandra Wiśniewska-Maciejewska", "שרה כהן", "محمد عبد الرحمن الأنصاري", "山田太郎", "Nguyễn Thị Minh Khai", "O'Brien & Sons (🔥 night crew 👩‍👩‍👧‍👦)",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "Ζωή Παπαδοπούλου", "अनुष्का शर्मा",
)  # fmt: skip
WORDS = (
    "The on-call rota of the payments hub had a hole between two and six in the morning, so that nobody of the first level could be alerted; the second level "
    "answered after 23 min. The rota is filled for the coming quarter, and the gap is looked for every week."
)
ACTIONS = (
    Column("number", "Number", Kind.INTEGER), Column("action", "Action"), Column("owner", "Owner"), Column("due", "Due", Kind.DATETIME), Column("waited", "Waited", Kind.DURATION),
    Column("state", "State"),
)  # fmt: skip


def long_document() -> ReportDocument:
    sections = tuple(section for place in range(UNITS) for section in _of_unit(place))
    definitions = tuple(Definition(f"made_up_{place}", f"Made up {place}", "seconds", WORDS) for place in range(150))
    document = small_document()
    return replace(document, sections=(*document.sections, *sections), definitions=(*document.definitions, *definitions))


def name_of(place: int) -> str:
    return f"{NAMES[place % len(NAMES)]} {place}"


def _of_unit(place: int) -> tuple[Section, ...]:
    unit = f"Unit {place:02d}, {name_of(place)}"
    when = small_document().tables[-2].rows[0][6]
    rows = tuple(
        (number, f"{name_of(number)}: {WORDS}", name_of(place + number), when, 1380.0 * number, "under way") for number in range(EACH)
    )
    actions = Table(f"actions_{place}", f"Actions of {unit}", "All that was agreed.", ACTIONS, rows, whole=True)
    short = Table(
        f"findings_{place}", f"Findings of {unit}", "", (Column("finding", "Finding"), Column("by", "By")), ((WORDS, name_of(place)),) * 3
    )
    names = tuple(name_of(number) for number in range(6))
    waits = Series("Hours waited", tuple(float(number * place % 7) for number in range(6)))
    figure = Figure(
        f"waits_{place}",
        FigureKind.BARS,
        f"Waits in {unit}",
        "Made up.",
        "Person",
        "Hours",
        names,
        (waits,),
        note="By whoever was alerted first.",
    )
    return (Section(f"unit_{place}", f"What happened in {unit}", paragraphs=(WORDS, WORDS), figures=(figure,), tables=(short, actions)),)
