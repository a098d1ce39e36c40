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
        self.is_delayed = True
        self.apps.render_multiple([model_state])


def reload_model(self: ProjectState, app_label: str, model_name: str, delay: bool = False) -> None:
    """As ProjectState.reload_model, but of the other models only those that point at this one. Code in a migration gets all of them anew."""
    if "apps" in self.__dict__:
        self.is_delayed = True
        self._reload({(app_label, model_name)} | _pointing_at(self, app_label, model_name))


def _pointing_at(state: ProjectState, app_label: str, model_name: str) -> set[tuple[str, str]]:
    changed = f"{app_label}.{model_name}"
    return {
        (model._meta.app_label, model._meta.model_name)
        for model in state.apps.get_models(include_auto_created=False)
        if any(
            field.is_relation and _name(field.remote_field.model) == changed
            for field in model._meta.local_fields + model._meta.local_many_to_many
        )
    }


def _name(model: Any) -> str:
    return str(model).lower() if isinstance(model, str) else model._meta.label_lower


def install() -> None:
    ProjectState.add_model = add_model  # type: ignore[method-assign]
    ProjectState.reload_model = reload_model  # type: ignore[method-assign]


if __name__ == "__main__":
    from django.core.management import call_command

    django.setup()
    install()
    call_command("migrate", verbosity=0)
