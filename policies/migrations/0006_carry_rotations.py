"""What schedules were so far becomes their first published plan, from their first hand-over on."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import migrations
from django.db.models import F


def carry(apps, schema_editor):
    database = schema_editor.connection.alias

    def rows(name):
        return apps.get_model("policies", name).objects.using(database)

    rows("OnCallOverride").update(made_at=F("starts_at"))
    for schedule in rows("OnCallSchedule").order_by("pk"):
        zone = ZoneInfo(schedule.time_zone)
        begin = datetime.combine(schedule.starts_on, schedule.handover_at, tzinfo=zone).astimezone(UTC)
        people = list(rows("RotationMember").filter(schedule=schedule).order_by("position"))
        plan = rows("SchedulePlan").create(
            schedule_id=schedule.pk,
            number=1,
            time_zone=schedule.time_zone,
            state="published" if people else "draft",
            published_at=begin if people else None,
            effective_from=begin if people else None,
            reason="Carried over from an earlier release." if people else "",
        )
        layer = rows("RotaLayer").create(
            plan_id=plan.pk,
            position=1,
            name="First line",
            starts_on=schedule.starts_on,
            handover_at=schedule.handover_at,
            every=schedule.shift_days // 7 if schedule.shift_days % 7 == 0 else schedule.shift_days,
            unit="weeks" if schedule.shift_days % 7 == 0 else "days",
        )
        for number, member in enumerate(people, start=1):
            rows("LayerMember").create(layer_id=layer.pk, position=number, person_id=member.person_id)


class Migration(migrations.Migration):
    dependencies = [("policies", "0005_duty")]
    operations = [migrations.RunPython(carry, migrations.RunPython.noop)]
