"""Addresses under /api/v1/."""

from rest_framework.routers import SimpleRouter

from .duty import SchedulesOnCall, ServicesOnCall, TeamsOnCall
from .duty_writes import Absences, Overrides, Swaps
from .routing import RoutingDoor
from .simulations import Simulations
from .versions import Versions
from .views import Policies, Services

router = SimpleRouter()
router.register("services", Services, basename="service")
router.register("policies", Policies, basename="policy")
router.register(r"policies/(?P<policy>[0-9]{1,15})/versions", Versions, basename="policy-version")
router.register("on-call/schedules", SchedulesOnCall, basename="schedule-on-call")
router.register("on-call/teams", TeamsOnCall, basename="team-on-call")
router.register("on-call/services", ServicesOnCall, basename="service-on-call")
router.register("routing", RoutingDoor, basename="routing")
router.register("simulations", Simulations, basename="simulation")
router.register("on-call/absences", Absences, basename="absence")
router.register(r"on-call/schedules/(?P<schedule>[0-9]{1,15})/overrides", Overrides, basename="override")
router.register(r"on-call/schedules/(?P<schedule>[0-9]{1,15})/swaps", Swaps, basename="swap")
urlpatterns = router.urls
