"""What the list of thresholds can be narrowed to."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from policies.decisions.measures import MEASURES
from policies.decisions.vocabulary import Scope
from policies.governance.queries import in_force_everywhere, versions_in_force
from policies.governance.standing import OPEN
from policies.models import BusinessUnit, Criterion, EscalationPolicy, OwnMeasure, Service
from policies.severity.models import SEVERITIES
from portal.foundation import clock
from portal.foundation.people.models import User

from .threshold_rows import keys_with_a_change

SOON = timedelta(days=30)
Choices = list[tuple[str, str]]


class Narrowed(DropdownFilter):
    """A filter by one choice. A value that is none of its choices narrows nothing."""

    def chosen(self) -> str:
        value = self.value()
        known = {str(key) for key, _ in self.lookup_choices}
        return str(value) if str(value) in known else ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.chosen()
        return self.narrow(queryset, chosen) if chosen else self.otherwise(queryset)

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        raise NotImplementedError

    def otherwise(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class CountsForService(Narrowed):
    """The thresholds that count for one service: of the narrowest policy in force that has any."""

    title = "service"
    parameter_name = "service"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(str(key), name) for key, name in Service.objects.order_by("name").values_list("pk", "name")]

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        speaking = versions_in_force(Service.objects.get(pk=chosen), clock.now())
        keys = [version.pk for version in speaking]
        with_any = set(queryset.model.objects.filter(version__in=keys).values_list("version_id", flat=True))
        return queryset.filter(version__in=[key for key in keys if key in with_any][:1])


class ByScope(Narrowed):
    title = "what it speaks for"
    parameter_name = "scope"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(scope.value, scope.label) for scope in Scope]

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return queryset.filter(version__policy__scope=chosen)


class ByBusinessUnit(Narrowed):
    """Policies of the unit and of its services."""

    title = "business unit"
    parameter_name = "business_unit"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(str(key), name) for key, name in BusinessUnit.objects.order_by("name").values_list("pk", "name")]

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return queryset.filter(Q(version__policy__business_unit=chosen) | Q(version__policy__service__business_unit=chosen))


class ByMeasure(Narrowed):
    title = "measure"
    parameter_name = "measure"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        own = OwnMeasure.objects.order_by("name").values_list("key", "name")
        return [*((key, said.name) for key, said in MEASURES.items()), *own]

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return queryset.filter(pk__in=_having([chosen]))


class ByUnit(Narrowed):
    title = "unit"
    parameter_name = "unit"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        self.measures: dict[str, list[str]] = {}
        own = OwnMeasure.objects.exclude(unit="").values_list("key", "unit")
        for key, unit in [*((key, said.unit) for key, said in MEASURES.items()), *own]:
            self.measures.setdefault(unit, []).append(key)
        return [(unit, unit) for unit in sorted(self.measures)]

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return queryset.filter(pk__in=_having(self.measures[chosen]))


class BySeverity(Narrowed):
    title = "severity"
    parameter_name = "severity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(SEVERITIES)

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return queryset.filter(severity=chosen)


class ByOwner(Narrowed):
    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        owners = EscalationPolicy.objects.order_by().values("owner")
        return [(str(person.pk), str(person)) for person in User.objects.filter(pk__in=owners).order_by("display_name", "username")]

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return queryset.filter(version__policy__owner=chosen)


class ByPending(Narrowed):
    title = "pending change"
    parameter_name = "pending"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("any", "a change is pending"),
            ("draft", "in a draft"),
            ("submitted", "waiting for approval"),
            ("approved", "approved for later"),
        ]

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        states = {"draft", "submitted", "approved"} if chosen == "any" else {chosen}
        return queryset.filter(pk__in=keys_with_a_change(queryset, states, clock.now()))


class ByReview(Narrowed):
    title = "next review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("overdue", "overdue"), ("soon", "due within 30 days"), ("none", "none open")]

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        now = clock.now()
        wanted = {
            "overdue": Q(next_review__lt=now),
            "soon": Q(next_review__gte=now, next_review__lt=now + SOON),
            "none": Q(next_review__isnull=True),
        }
        return queryset.filter(wanted[chosen])


class ByVersion(Narrowed):
    """In force unless asked otherwise: superseded versions would show every threshold many times."""

    title = "version"
    parameter_name = "version_is"
    all_option = ["", "in force"]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("pending", "drafts and waiting for approval"), ("all", "every version")]

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return queryset.filter(version__state__in=OPEN) if chosen == "pending" else queryset

    def otherwise(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(version__in=in_force_everywhere(clock.now()))


def _having(measures: list[str]) -> QuerySet[Any]:
    return Criterion.objects.filter(measure__in=measures).values("threshold")
