"""Addresses under /api/v1/."""

from rest_framework.routers import SimpleRouter

from .handoffs import HandOffs
from .views import Incidents, Readings

router = SimpleRouter()
router.register("incidents", Incidents, basename="incident")
router.register("readings", Readings, basename="reading")
router.register("hand-offs", HandOffs, basename="hand-off")
urlpatterns = router.urls
