"""A column that holds a secret: encrypted in the database, plain in Python, looked for by equality and by nothing else."""

from typing import Any

from django.db import models
from django.db.models.lookups import Exact

from .secrecy import is_sealed, seal_alike, unseal


class SealedField(models.CharField):
    """As a CharField of `max_length` characters. What is empty stays empty, so that it can be asked for."""

    def db_type(self, connection: Any) -> str:
        """A sealed text is longer than the text."""
        return "text"

    def db_parameters(self, connection: Any) -> Any:
        return {"type": self.db_type(connection), "check": None}

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        text = super().get_db_prep_value(value, connection, prepared)
        return seal_alike(str(text), purpose=self.purpose)[0] if text else text

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """A value from before the column was sealed is read as it stands there."""
        return unseal(value, purpose=self.purpose) if value and is_sealed(value) else value

    def get_lookup(self, lookup_name: str) -> Any:
        """No part of it can be looked for, and it has no order."""
        return {"exact": SealedExact, "isnull": super().get_lookup("isnull")}.get(lookup_name)

    @property
    def purpose(self) -> str:
        """Keeps a value from being read in another column."""
        model = getattr(self, "model", None)
        return f"{model._meta.label_lower}.{self.name}" if model is not None else self.name


class SealedExact(Exact):
    """Equal, whatever key the value was sealed with."""

    def get_prep_lookup(self) -> Any:
        return self.rhs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, values = self.process_lhs(compiler, connection)
        wanted = seal_alike(str(self.rhs), purpose=self.lhs.output_field.purpose) if self.rhs else [""]
        return f"{column} IN ({', '.join(['%s'] * len(wanted))})", [*values, *wanted]
