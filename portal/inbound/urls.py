"""The addresses that vendors and links in messages lead to."""

from django.urls import path

from . import links, slack, telephone

urlpatterns = [
    path("answer/<str:token>/", links.answer_page, name="answer"),
    path("hooks/telephone/status/", telephone.status, name="telephone-status"),
    path("hooks/telephone/reply/", telephone.reply, name="telephone-reply"),
    path("hooks/telephone/keypad/", telephone.keypad, name="telephone-keypad"),
    path("hooks/slack/", slack.interactivity, name="slack"),
]
