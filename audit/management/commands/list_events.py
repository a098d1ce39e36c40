"""Every type of event of the audit trail; see docs/events.md."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.events.catalogue import as_document, example, kinds, schema


class Command(BaseCommand):
    help = "Lists every type of event that the audit trail can hold, with its meaning."

    def add_arguments(self, parser: CommandParser) -> None:
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--markdown", action="store_true", help="As docs/events.md.")
        form.add_argument("--schemas", action="store_true", help="As JSON: of each type its schema and an example.")

    def handle(self, *args: Any, markdown: bool, schemas: bool, **options: Any) -> None:
        if markdown:
            self.stdout.write(as_document(), ending="")
        elif schemas:
            told = {kind.type: {"schema": schema(kind), "example": example(kind), "test": kind.test} for kind in kinds().values()}
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            width = max(map(len, kinds()))
            self.stdout.write("\n".join(f"{kind.type:{width}}  {kind.meaning}" for kind in kinds().values()))
