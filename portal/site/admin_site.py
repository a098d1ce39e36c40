"""The admin site: one front door for everyone, with an index that is a work list."""

from unfold.sites import UnfoldAdminSite


class PortalAdminSite(UnfoldAdminSite):
    """Unfold's site with our words."""

    index_title = "Work list"
    enable_nav_sidebar = True
