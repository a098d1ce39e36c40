"""Writes the parts that a big form has by the hundred (inputs, selects, labels, error lists) without a template for each.

A draft of a policy has some seven hundred of them, and the templates of the framework and the theme took most of the page's time. Each writer
says what its template says; what it does not know it leaves to the template by answering None. The tests hold the two against each other.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.html import conditional_escape

Context = Mapping[str, Any]
Writer = Callable[[Context], str | None]
INPUTS = frozenset(
    f"django/forms/widgets/{kind}.html"
    for kind in ("checkbox", "date", "datetime", "email", "hidden", "input", "number", "password", "text", "time", "url")
)
OPTION = "django/forms/widgets/select_option.html"
AROUND_TEXT = ("prefix", "prefix_icon", "suffix", "suffix_icon")
SIDE_DOORS = ("can_add_related", "can_change_related", "can_delete_related", "can_view_related")
CHEVRON = (
    '<span class="material-symbols-outlined absolute group-[.primary]:text-white pointer-events-none mr-[12px] right-0 text-base-400 top-0 '
    'top-1/2 hover:text-base-700 dark:text-base-500 dark:hover:text-base-200 -translate-y-1/2">expand_more</span>'
)


class QuickRenderer(DjangoTemplates):
    """Django's renderer of forms with the frequent parts written directly."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        writer = WRITERS.get(template_name)
        written = writer(context) if writer is not None else None
        return written if written is not None else str(super().render(template_name, context, request))


def _text(value: Any) -> str:
    """As `{{ value }}` shows it."""
    return str(conditional_escape(localize(value)))


def _raw(value: Any) -> str:
    """As `{{ value|stringformat:'s' }}` shows it: numbers stay as a browser sends them."""
    return str(conditional_escape(value))


def _attributes(attributes: Mapping[str, Any]) -> str:
    return "".join(
        f" {_text(name)}" if value is True else f' {_text(name)}="{_raw(value)}"'
        for name, value in attributes.items()
        if value is not False
    )


def _tag(widget: Context) -> str:
    value = "" if widget["value"] is None else f' value="{_raw(widget["value"])}"'
    return f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"{value}{_attributes(widget["attrs"])}>'


def _input(context: Context) -> str:
    return _tag(context["widget"])


def _framed_text(context: Context) -> str | None:
    widget = context["widget"]
    if any(widget.get(name) for name in AROUND_TEXT):
        return None
    return f'<div class="max-w-2xl relative w-full">{_tag(widget)}</div>'


def _framed_moment(context: Context) -> str:
    return f'<div class="flex flex-col max-w-2xl min-w-56 relative w-full">{_tag(context["widget"])}</div>'


def _textarea(context: Context) -> str:
    widget = context["widget"]
    value = _text(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>{value}</textarea>'


def _framed_select(context: Context) -> str | None:
    inner = _select(context)
    return None if inner is None else f'<div class="grow relative max-w-2xl">{inner}{CHEVRON}</div>'


def _select(context: Context) -> str | None:
    widget = context["widget"]
    parts = [f'<select name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>']
    for group, choices, _ in widget["optgroups"]:
        if any(option["template_name"] != OPTION for option in choices):
            return None
        options = _options(choices)
        parts.append(f'<optgroup label="{_text(group)}">{options}</optgroup>' if group else options)
    return "".join([*parts, "</select>"])


def _options(choices: Iterable[Context]) -> str:
    return "".join(
        f'<option value="{_raw(option["value"])}"{_attributes(option["attrs"])}>{_text(option["label"])}</option>' for option in choices
    )


def _related(context: Context) -> str | None:
    if not context["is_hidden"] and any(context[door] for door in SIDE_DOORS):
        return None
    name, model = _text(context["name"]), _text(context["model"])
    reference = "" if context["model_has_limit_choices_to"] else f' data-model-ref="{model}"'
    return (
        f'<div class="flex-col items-center w-full"><div class="flex flex-row related-widget-wrapper" '
        f'data-id="related-widget-wrapper-{name}"{reference}>{_text(context["rendered_widget"])}</div></div>'
    )


def _label(context: Context) -> str:
    label = _text(context["label"])
    if not context["use_tag"]:
        return label
    tag = _text(context["tag"])
    return f"<{tag}{_attributes(context['attrs'] or {})}>{label}</{tag}>"


def _errors(context: Context) -> str | None:
    """Nearly every field has none; a list with something in it is the template's."""
    return None if context["errors"] else ""


WRITERS: dict[str, Writer] = {
    **dict.fromkeys(INPUTS, _input),
    "unfold/widgets/text.html": _framed_text,
    "unfold/widgets/date.html": _framed_moment,
    "unfold/widgets/time.html": _framed_moment,
    "unfold/widgets/textarea.html": _textarea,
    "unfold/widgets/select.html": _framed_select,
    "django/forms/widgets/select.html": _select,
    "unfold/widgets/related_widget_wrapper.html": _related,
    "django/forms/label.html": _label,
    "django/forms/errors/list/default.html": _errors,
    "django/forms/errors/list/ul.html": _errors,
}
