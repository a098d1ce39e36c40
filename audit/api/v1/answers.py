"""What the doors of the ledger take and give."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.evidence.exports import KEPT, selection_of
from audit.evidence.runs import under_way
from audit.evidence.selection import Selection, object_named
from audit.evidence.standing import Standing, keys_shown
from audit.models import EvidenceExport
from portal.foundation import clock
from portal.foundation.apikit.fields import Moment, StrictSerializer, Text
from portal.foundation.errors import InvalidInput

LONGEST_REASON = 2_000


class KeyOutput(serializers.Serializer):
    """A public key of the ledger, and what two people compare."""

    key = serializers.CharField()
    fingerprint = serializers.CharField(help_text="SHA-256 of the key, hexadecimal. Get it another way than the evidence, too.")


class PlaceOutsideOutput(serializers.Serializer):
    """A place outside that is shown checkpoints. `error` is empty while it takes them."""

    name = serializers.CharField()
    kind = serializers.CharField()
    entries = serializers.IntegerField(source="size", allow_null=True, help_text="So many entries it has confirmed; null before the first.")
    confirmed_at = Moment(source="at", allow_null=True)
    failing_since = Moment(allow_null=True)
    error = serializers.CharField()


class LedgerOutput(serializers.Serializer):
    """How the ledger stands."""

    state = serializers.SerializerMethodField(help_text="sealed, behind, anchor_fails, not_sealed or alarm: the worst there is to say.")
    origin = serializers.CharField(source="seal.origin")
    entries = serializers.IntegerField(source="seal.size", help_text="So many are under the last signature.")
    sealed_at = Moment(source="seal.at", allow_null=True)
    waiting = serializers.IntegerField(source="seal.waiting", help_text="Events that no signature holds yet.")
    waiting_since = Moment(source="seal.waiting_since", allow_null=True)
    alarms = serializers.ListField(source="seal.alarms", child=serializers.CharField())
    places = PlaceOutsideOutput(many=True)
    misnamed = serializers.ListField(child=serializers.CharField(), help_text="What is wrong with places that are configured and not used.")
    public_keys = serializers.SerializerMethodField(help_text="The newest first; none where they cannot be read here.")

    def get_state(self, found: Standing) -> str:
        return found.word.lower().replace(" ", "_")

    @extend_schema_field(KeyOutput(many=True))
    def get_public_keys(self, found: Standing) -> Any:
        return [{"key": key, "fingerprint": fingerprint} for key, fingerprint in keys_shown()[0]]


class ExportInput(StrictSerializer):
    """Which part of the ledger, and why. What is left out does not narrow."""

    reason = Text(max_length=LONGEST_REASON, help_text="What it is for. The words stay in the audit trail.")
    since = Moment(required=False, help_text="Entries from this moment on.")
    until = Moment(required=False, help_text="Entries before this moment.")
    object = Text(required=False, max_length=200, help_text="Entries about one thing: incidents.incident:INC-000012.")

    @staticmethod
    def selection(data: dict[str, Any]) -> Selection:
        """Raises InvalidInput for an object that is named wrongly."""
        try:
            model, pk = object_named(data["object"]) if "object" in data else ("", "")
        except InvalidInput as error:
            raise InvalidInput(error.message, {"object": [error.message]}) from None
        return Selection(data.get("since"), data.get("until"), model, pk)


class ExportOutput(serializers.Serializer):
    """An export: what was asked for, how far it is, and the file that came of it. The file is kept for seven days."""

    id = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=EvidenceExport.State.choices)
    under_way = serializers.SerializerMethodField(help_text="False for one that waits or runs: its worker is gone, ask for it again.")
    processed = serializers.IntegerField()
    total = serializers.IntegerField(help_text="0 before the work began.")
    failure = serializers.CharField(help_text="In words, for one that failed.")
    reason = serializers.CharField()
    requested_by = serializers.CharField()
    requested_at = Moment()
    since = Moment(allow_null=True)
    until = Moment(allow_null=True)
    object = serializers.SerializerMethodField(help_text="Empty: not narrowed.")
    finished_at = Moment(allow_null=True)
    bundle = serializers.CharField()
    file = serializers.CharField()
    bytes = serializers.IntegerField(source="length")
    sha256 = serializers.CharField()
    entries = serializers.IntegerField(help_text="So many of the tree's are in it in full.")
    size = serializers.IntegerField(help_text="So many entries the tree had.")
    kept_until = serializers.SerializerMethodField(help_text="Null while there is no file, and once it is gone.")

    def get_url(self, run: EvidenceExport) -> str:
        return reverse("ledger-export-detail", args=[run.pk])

    def get_under_way(self, run: EvidenceExport) -> bool:
        return under_way(run, clock.now())

    def get_object(self, run: EvidenceExport) -> str:
        chosen = selection_of(run)
        return f"{chosen.model}:{chosen.pk}" if chosen.model else ""

    @extend_schema_field(Moment(allow_null=True))
    def get_kept_until(self, run: EvidenceExport) -> datetime | None:
        return run.finished_at + KEPT if run.state == run.State.DONE and run.finished_at and not run.removed_at else None
