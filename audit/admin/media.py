"""What the ledger's own pages load: their look, and the script that renews what is under way. The admin's own scripts stay away."""

from django.forms import Media

MEDIA = Media(css={"all": ("portal/ledger.css",)}, js=("portal/progress.js",))
TRAIL = Media(css={"all": ("portal/ledger.css", "portal/trail.css")}, js=("portal/trail.js",))
