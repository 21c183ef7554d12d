"""`tidings staff`: who may use the console. Passwords are made here and shown once."""

import json
from typing import Annotated

import typer
from uuid_utils.compat import uuid7

from deploy.commands.options import AsJson
from deploy.managing import staff as managing
from deploy.managing.listing import show_json, show_rows
from deploy.managing.reach import Folder, reach
from deploy.managing.transaction import in_transaction
from models import passwords
from models.repositories import staff as members
from models.repositories import staff_sessions
from models.repositories.staff import Member, NewMember
from models.roles import Role
from models.sessions import Session

NAME = "tidings staff"
staff = typer.Typer(help="Say who may use the console.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(help="Whose.")]
RoleOption = Annotated[str, typer.Option("--role", help=f"Of {', '.join(Role)}.")]
Applications = Annotated[
    list[str] | None,
    typer.Option("--application", help="One that they see, again for more; without it all."),
]


@staff.command("list")
def list_staff(data: Folder = None, as_json: AsJson = False) -> None:
    """List all members."""
    rows = in_transaction(reach(data), NAME, members.every)
    if as_json:
        show_json(rows)
        return
    columns = ("email", "name", "role", "applications", "logs in by", "state")
    show_rows(columns, [_words(row) for row in rows])


@staff.command()
def create(
    email: Annotated[str, typer.Option(help="Who; approvals carry it.")],
    role: RoleOption,
    name: Annotated[str, typer.Option(help="What pages call them.")] = "",
    application: Applications = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They log in by the company's account alone.")
    ] = False,
    data: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Make a member. The password is shown now, and never again."""
    email, wanted, id = managing.email_of(email), managing.role_of(role), uuid7()
    password = "" if no_password else passwords.new()

    async def make(session: Session) -> None:
        kept = await passwords.Passwords().hash(password) if password else None
        member = NewMember(id, email, name.strip() or email.partition("@")[0], wanted, kept)
        await members.insert(session, member, application or ())
        detail = {"role": wanted.value, "applications": application or []}
        await managing.note(session, "staff.create", id, detail)

    in_transaction(reach(data), NAME, make)
    _tell(email, password, as_json=as_json)


@staff.command()
def role(
    email: Email,
    role: RoleOption,
    application: Applications = None,
    data: Folder = None,
) -> None:
    """Give a member another role, and the applications they see."""
    wanted = managing.role_of(role)

    async def change(session: Session) -> None:
        member = await managing.known(session, email)
        await members.change_role(session, member["id"], wanted)
        await members.limit_to(session, member["id"], application or ())
        detail = {"role": wanted.value, "applications": application or []}
        await managing.note(session, "staff.role", member["id"], detail)

    in_transaction(reach(data), NAME, change)
    typer.echo(f"{email} is {wanted} now")


@staff.command()
def disable(email: Email, data: Folder = None) -> None:
    """Let a member log in no more; their sessions end at once."""

    async def end(session: Session) -> None:
        member = await managing.known(session, email)
        await members.disable(session, member["id"])
        await staff_sessions.end_all(session, member["id"])
        await managing.note(session, "staff.disable", member["id"])

    in_transaction(reach(data), NAME, end)
    typer.echo("disabled")


@staff.command()
def password(email: Email, data: Folder = None, as_json: AsJson = False) -> None:
    """Make a new password. It is shown now and never again; who was disabled may log in again."""

    async def renew(session: Session) -> str:
        member = await managing.known(session, email)
        await managing.note(session, "staff.password", member["id"])
        return await managing.new_password(session, member)

    _tell(email, in_transaction(reach(data), NAME, renew), as_json=as_json)


def _words(row: Member) -> list[str]:
    ways = ["password"] if row["has_password"] else []
    ways += [row["oidc_issuer"]] if row["oidc_issuer"] else []
    applications = ", ".join(row["applications"]) or "all"
    state = "disabled" if row["disabled_at"] else "active"
    return [row["email"], row["name"], row["role"], applications, ", ".join(ways), state]


def _tell(email: str, password: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"email": email, "password": password or None}))
    elif password:
        typer.echo(f"{email}, password {password}. Keep it: it is shown only now.")
    else:
        typer.echo(f"{email} may log in by the company's account")
