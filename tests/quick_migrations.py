"""Migrations without drawing the whole portal again for each new table: what a test database needs, in a third of the time.

Django renders every model that is related to a new one anew, and nearly everything here is related to people. For a new table only the new
model matters. `test_one_command.py` migrates as it is done in earnest and holds the two databases against each other; for that,
`python -m tests.quick_migrations` migrates the database of DATABASE_URL.
"""

from typing import Any

import django
from django.db.migrations.state import ProjectState


def add_model(self: ProjectState, model_state: Any) -> None:
    """As ProjectState.add_model, but the models that were there stay as they are."""
    key = model_state.app_label, model_state.name_lower
    self.models[key] = model_state
    if self._relations is not None:
        self.resolve_model_relations(key)
    if "apps" in self.__dict__:
        self.apps.render_multiple([model_state])


def install() -> None:
    ProjectState.add_model = add_model  # type: ignore[method-assign]


if __name__ == "__main__":
    from django.core.management import call_command

    django.setup()
    install()
    call_command("migrate", verbosity=0)
