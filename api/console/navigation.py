"""What the head of every page links to. A module of pages adds its line here."""

from dataclasses import dataclass

from api.console.texts import label


@dataclass(frozen=True, slots=True)
class Place:
    """One link; `permission` as in models/roles.py, `everywhere` as in `visits.Needs`."""

    path: str
    label: str
    permission: str = "read"
    everywhere: bool = False


NAVIGATION = (
    Place("/", label("Home")),
    Place("/notifications", label("Messages")),
    Place("/campaigns", label("Campaigns")),
    Place("/approvals", label("Approvals"), "approve"),
    Place("/templates", label("Templates")),
    Place("/categories", label("Categories")),
    Place("/profiles", label("Profiles")),
    Place("/groups", label("Groups")),
    Place("/suppressions", label("Suppressions")),
    Place("/vendor-accounts", label("Vendor accounts")),
    Place("/keys", label("API keys"), "administer"),
    Place("/audit-log", label("Audit log")),
    Place("/staff", label("Staff"), "administer", everywhere=True),
    Place("/applications", label("Applications"), "administer", everywhere=True),
)
