"""Change requests."""

from django.contrib import admin

from incidents.models import ChangeRequest
from portal.foundation.adminkit.bases import GovernedAdmin


@admin.register(ChangeRequest)
class ChangeRequestAdmin(GovernedAdmin):
    """Requests for change that resolve incidents or caused them."""

    list_display = ("number", "title", "source_system")
    search_fields = ("number", "title")
    show_full_result_count = False
    fields = ("number", "title")
    actions = None
    empty_list = "No change request yet. Link the changes that resolve an incident or caused it."
