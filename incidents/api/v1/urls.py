"""Addresses under /api/v1/."""

from rest_framework.routers import SimpleRouter

from .feedback import FeedbackDoor
from .handoffs import HandOffs
from .views import Incidents, Readings

router = SimpleRouter()
router.register("incidents", Incidents, basename="incident")
router.register("readings", Readings, basename="reading")
router.register("hand-offs", HandOffs, basename="hand-off")
router.register("feedback", FeedbackDoor, basename="feedback")
urlpatterns = router.urls
