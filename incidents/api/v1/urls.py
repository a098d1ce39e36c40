"""Addresses under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from .changes import ChangeFreezesDoor, Changes
from .feedback import FeedbackDoor
from .handoffs import HandOffs
from .views import Incidents, Readings

router = SimpleRouter()
router.register("incidents", Incidents, basename="incident")
router.register("readings", Readings, basename="reading")
router.register("hand-offs", HandOffs, basename="hand-off")
router.register("feedback", FeedbackDoor, basename="feedback")
router.register("changes", Changes, basename="change")
urlpatterns = [*router.urls, path("change-freezes/", ChangeFreezesDoor.as_view(), name="change-freezes")]
