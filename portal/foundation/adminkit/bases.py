"""The admin classes that every page stands on, under one name for the apps."""

from .governed import GovernedAdmin, GovernedForm, RefusableForm
from .inlines import PortalInline, PortalStackedInline
from .pages import PortalModelAdmin
from .refusals import show_in

__all__ = ["GovernedAdmin", "GovernedForm", "PortalInline", "PortalModelAdmin", "PortalStackedInline", "RefusableForm", "show_in"]
