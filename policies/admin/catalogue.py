"""Business units, teams, services and components."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from policies.governance.queries import policies_for, rules_in_force
from policies.models import BusinessUnit, Component, Service, Team
from portal.foundation.adminkit.bases import GovernedAdmin, PortalInline
from portal.foundation.people.models import User


@admin.register(BusinessUnit)
class BusinessUnitAdmin(GovernedAdmin):
    list_display = ("name",)
    search_fields = ("name",)
    empty_list = "Business units group services and teams in filters and reviews. Add the first one, for example 'Payments'."


@admin.register(Team)
class TeamAdmin(GovernedAdmin):
    list_display = ("name", "business_unit", "time_zone", "origin")
    list_filter = ("business_unit", "origin")
    list_select_related = ("business_unit",)
    search_fields = ("name",)
    filter_horizontal = ("members",)
    fields = ("name", "business_unit", "time_zone", "members", "why")
    empty_list = "Teams look after services together; ITIL calls them support groups. They are added here or come with an imported log."

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = User.objects.filter(is_active=True).order_by("display_name", "username")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class ComponentInline(PortalInline):
    model = Component
    fields = ("name",)
    verbose_name_plural = "components: parts of this service that can fail on their own"


@admin.register(Service)
class ServiceAdmin(GovernedAdmin):
    list_display = ("name", "tier", "team", "owner", "regulated", "escalates_by")
    list_filter = ("tier", "regulated", "executive_system", "business_unit", "team", "origin")
    list_select_related = ("team", "owner", "escalation_policy")
    search_fields = ("name", "key")
    prepopulated_fields = {"key": ("name",)}
    inlines = (ComponentInline,)
    fieldsets = (
        (None, {"fields": ("name", "key", "description")}),
        ("How much depends on it", {"fields": (("tier", "regulated", "executive_system"), ("promised_response", "promised_resolution"))}),
        ("Who looks after it", {"fields": (("business_unit", "team"), "owner", "runbooks")}),
    )
    filter_horizontal = ("runbooks",)
    empty_list = "Services are what users rely on. Policies and incidents hang on them. Add the first one, for example 'Card payments'."

    @admin.display(description="Escalates by", ordering="escalation_policy__name")
    def escalates_by(self, service: Service) -> str:
        return str(getattr(service, "escalation_policy", "") or "nothing yet")

    def first_line(self, service: Any, now: datetime) -> str:
        supplier = rules_in_force(service, now).supplier("technical track")
        if supplier is not None:
            return f"Incidents escalate by {supplier.name}."
        if not policies_for(service).exists():
            return "No escalation policy: incidents of this service alert nobody."
        return "No policy that speaks for it has levels in force: incidents alert nobody."


@admin.register(Component)
class ComponentAdmin(GovernedAdmin):
    list_display = ("name", "service", "origin")
    list_filter = ("origin",)
    list_select_related = ("service",)
    search_fields = ("name", "service__name")
    empty_list = "Components are parts of a service. Add them on the service's page."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        return found.order_by("service__name", "name")
