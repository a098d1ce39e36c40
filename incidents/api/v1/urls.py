"""Addresses under /api/v1/."""

from rest_framework.routers import SimpleRouter

from .views import Incidents, Readings

router = SimpleRouter()
router.register("incidents", Incidents, basename="incident")
router.register("readings", Readings, basename="reading")
urlpatterns = router.urls
