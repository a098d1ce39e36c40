"""Business units, teams, services and components."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse

from policies.decisions.vocabulary import Scope
from policies.governance.queries import policies_for, rules_in_force
from policies.models import BusinessUnit, Component, EscalationPolicy, Service, Team
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import GovernedAdmin, PortalInline
from portal.foundation.errors import PortalError
from portal.foundation.people.models import User

from .duty_team import TeamDutyView, service_duty, team_duty
from .routing import SEE_DUTY, RoutingView
from .rules import SEE_RULES, RulesView, rules_address, rules_panel


@admin.register(BusinessUnit)
class BusinessUnitAdmin(GovernedAdmin):
    list_display = ("name", "part_of")
    list_select_related = ("part_of",)
    fields = ("name", "part_of", "why")
    search_fields = ("name",)
    empty_list = "Business units group services and teams in filters and reviews. 'Payments' may be one."


@admin.register(Team)
class TeamAdmin(GovernedAdmin):
    list_display = ("name", "business_unit", "time_zone", "origin")
    list_filter = ("business_unit", "origin")
    list_select_related = ("business_unit",)
    search_fields = ("name",)
    filter_horizontal = ("members",)
    fields = ("name", "business_unit", "time_zone", "members", "why")
    page_template = "policies/duty_team_panel.html"
    empty_list = "Teams look after services together; ITIL calls them support groups. They are added here or come with an imported log."

    class Media:
        css = {"all": ("portal/duty.css",)}

    def get_urls(self) -> list[URLPattern]:
        duty = self.admin_site.admin_view(TeamDutyView.as_view(model_admin=self))
        routing = self.admin_site.admin_view(RoutingView.as_view(model_admin=self))
        return [
            path("<int:object_id>/duty/", duty, name="policies_team_duty"),
            path("routing/", routing, name="policies_routing_changelist"),
            *super().get_urls(),
        ]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = User.objects.filter(is_active=True).order_by("display_name", "username")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def links(self, request: HttpRequest, team: Any) -> list[tuple[str, str, str]]:
        if not may(request.user, SEE_DUTY):
            return []
        return [("Try the routing", f"{reverse('admin:policies_routing_changelist')}?team={team.pk}", "default")]

    def page_context(self, request: HttpRequest, team: Any, now: datetime) -> dict[str, Any]:
        return team_duty(team, request.user, now)


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
    page_template = "policies/service_panels.html"
    fieldsets = (
        (None, {"fields": ("name", "key", "description")}),
        ("How much depends on it", {"fields": (("tier", "regulated", "executive_system"), ("promised_response", "promised_resolution"))}),
        ("Who looks after it", {"fields": (("business_unit", "team"), "owner", "runbooks")}),
    )
    filter_horizontal = ("runbooks",)
    empty_list = "Services are what users rely on. Policies and incidents hang on them. 'Card payments' may be one."

    def get_urls(self) -> list[URLPattern]:
        rules = self.admin_site.admin_view(RulesView.as_view(model_admin=self))
        return [path("<int:object_id>/rules/", rules, name="policies_service_rules"), *super().get_urls()]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listed = super().get_changelist_instance(request)
        broader = {(policy.scope, policy.tier or policy.business_unit_id): policy.name for policy in broader_policies()}
        for service in listed.result_list:
            service.spoken_for = _speaker(service, broader)
        return listed

    @admin.display(description="Escalates by", ordering="escalation_policy__name")
    def escalates_by(self, service: Any) -> str:
        return str(service.spoken_for)

    def first_line(self, service: Any, now: datetime) -> str:
        try:
            supplier = rules_in_force(service, now).supplier("technical track")
        except PortalError as error:
            return error.message
        if supplier is not None:
            return f"Incidents escalate by {supplier.name}."
        if not policies_for(service).exists():
            return "No escalation policy speaks for it: incidents of this service alert nobody."
        return "No policy that speaks for it has levels in force: incidents alert nobody."

    def links(self, request: HttpRequest, service: Any) -> list[tuple[str, str, str]]:
        return [("The rules that count", rules_address(service), "default")] if may(request.user, SEE_RULES) else []

    def page_context(self, request: HttpRequest, service: Any, now: datetime) -> dict[str, Any]:
        on_call = service_duty(service, request.user, now)
        if not may(request.user, SEE_RULES):
            return on_call
        return {**on_call, **rules_panel(service, now), "rules_address": rules_address(service)}


def broader_policies() -> QuerySet[EscalationPolicy]:
    """Those that speak for more than one service; there is one at most for each tier, each business unit and everywhere."""
    return EscalationPolicy.objects.exclude(scope=Scope.SERVICE)


def _speaker(service: Service, broader: dict[tuple[str, int | None], str]) -> str:
    """The narrowest policy that speaks for `service`, by name."""
    own = getattr(service, "escalation_policy", None)
    if own is not None:
        return str(own)
    wider = ((Scope.TIER, service.tier), (Scope.BUSINESS_UNIT, service.business_unit_id), (Scope.GLOBAL, None))
    return next((broader[key] for key in wider if key in broader and (key[1] or key[0] is Scope.GLOBAL)), "nothing yet")


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
