"""Migrations without drawing the whole portal again for each new table: an empty database is ready in a third of the time.

Django renders every model that is related to a changed one anew, and nearly everything here is related to people. For a new table only the
new model matters, for a changed one the models that point at it. What comes out is held against what the models say in a test.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState


@contextmanager
def only_what_changes() -> Iterator[None]:
    """Inside, migrations render only what they need. For one process that migrates and does nothing else meanwhile."""
    original = ProjectState.add_model, ProjectState.reload_model
    ProjectState.add_model, ProjectState.reload_model = _add_model, _reload_model  # type: ignore[method-assign]
    try:
        yield
    finally:
        ProjectState.add_model, ProjectState.reload_model = original  # type: ignore[method-assign]


def _add_model(self: Any, model_state: Any) -> None:
    """As ProjectState.add_model, but the models that were there stay as they are."""
    key = model_state.app_label, model_state.name_lower
    self.models[key] = model_state
    if self._relations is not None:
        self.resolve_model_relations(key)
    if "apps" in self.__dict__:
        self.is_delayed = True
        self.apps.render_multiple([model_state])


def _reload_model(self: Any, app_label: str, model_name: str, delay: bool = False) -> None:
    """As ProjectState.reload_model, but of the other models only those that point at this one. Code in a migration gets all of them anew."""
    if "apps" in self.__dict__:
        self.is_delayed = True
        self._reload({(app_label, model_name)} | _pointing_at(self, app_label, model_name))


def _pointing_at(state: Any, app_label: str, model_name: str) -> set[tuple[str, str]]:
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
