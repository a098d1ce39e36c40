"""Addresses whose token is the key: calendar feeds and pages of duty."""

from django.urls import path

from .api.calendar_feed import calendar_feed
from .api.v1.duty_page import duty_page

urlpatterns = [
    path("calendars/<str:token>.ics", calendar_feed, name="calendar-feed"),
    path("duty/<str:token>/", duty_page, name="duty-page"),
]
