"""What each role of the staff may do: the one table. Reading is everybody's."""

from enum import StrEnum


class Role(StrEnum):
    """Of a member of the staff."""

    VIEWER = "viewer"
    AUTHOR = "author"
    APPROVER = "approver"
    OPERATOR = "operator"
    ADMIN = "admin"


class Permission(StrEnum):
    """What a page asks for."""

    READ = "read"  # see everything of the applications that are one's own
    WRITE = "write"  # make and edit templates, campaigns, profiles
    APPROVE = "approve"  # approve and reject campaigns of others, publish templates
    STEER = "steer"  # pause, resume and cancel campaigns, change their rate
    OPERATE = "operate"  # vendor accounts, suppressions; cancel and resend messages
    ADMINISTER = "administer"  # staff, keys, applications


R, P = Role, Permission
MAY: dict[Role, frozenset[Permission]] = {
    R.VIEWER: frozenset({P.READ}),
    R.AUTHOR: frozenset({P.READ, P.WRITE, P.STEER}),
    R.APPROVER: frozenset({P.READ, P.APPROVE}),
    R.OPERATOR: frozenset({P.READ, P.STEER, P.OPERATE}),
    R.ADMIN: frozenset(P),
}


def may(role: str, permission: Permission) -> bool:
    """Does this role include it?"""
    return permission in MAY[Role(role)]
