from django.db import migrations


class Migration(migrations.Migration):
    """Nothing in itself: after every migration the witnesses are made anew, and these are others than before."""

    dependencies = [("audit", "0011_longer_names_of_anchors")]
    operations = []
