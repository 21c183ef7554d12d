"""What changes templates: made, edited, published, rolled back, put away. Each is in the audit log.

What is published is one column, compared and set: every acceptance reads it, so a publish counts
from the next request on, in every process.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.errors import Conflict, Invalid, NotFound, PublishedMeanwhile
from models.publishing import earlier
from models.repositories import templates, uses
from models.repositories.audit_log import Actor, Entry, append
from models.repositories.templates import Row
from models.sessions import Session
from models.template_draft import Draft

REMEMBERED = 1000  # publishes that a roll-back looks at
NOTHING = 0  # the number of no version

# Shared: it cannot be put away before this transaction has ended.
CATEGORY = text("""
SELECT id FROM category
WHERE application_id = :application_id AND name = :name AND archived_at IS NULL FOR SHARE
""")
# One that was put away comes back under its name, with its history; nothing of it is published.
INSERT = text("""
INSERT INTO template (id, application_id, name, category_id)
VALUES (:id, :application_id, :name, :category_id)
ON CONFLICT (application_id, name) DO UPDATE
SET category_id = excluded.category_id, archived_at = NULL, published_version_id = NULL
WHERE template.archived_at IS NOT NULL
RETURNING id
""")
LOCKED = text("""
SELECT * FROM template WHERE application_id = :application_id AND name = :name FOR UPDATE
""")
ADD_VERSION = text("""
INSERT INTO template_version (id, template_id, number, content, variables, types, created_by)
SELECT :id, :template_id, COALESCE(max(number), 0) + 1, CAST(:content AS jsonb), :variables,
       CAST(:types AS jsonb), :by
FROM template_version WHERE template_id = :template_id
RETURNING number
""")
CATEGORISE = text("UPDATE template SET category_id = :category_id WHERE id = :id")
ARCHIVE = text("UPDATE template SET archived_at = now() WHERE id = :id")
PUBLISH = text("""
WITH published AS (
    UPDATE template SET published_version_id = :version_id, publishes = publishes + 1
    WHERE id = :id AND publishes = :publishes AND archived_at IS NULL
    RETURNING id, publishes
), version AS (
    UPDATE template_version SET published_at = COALESCE(published_at, now())
    WHERE id = :version_id AND EXISTS (SELECT FROM published)
)
INSERT INTO template_publish (template_id, n, version_id, kind, by)
SELECT id, publishes, :version_id, :kind, :by FROM published RETURNING n
""")


async def create(
    session: Session,
    application_id: UUID,
    actor: Actor,
    name: str,
    category: str | None,
    draft: Draft,
) -> None:
    """Make it, with its first version as a draft; Conflict if there is one of that name."""
    category_id = await _category(session, application_id, category)
    session.info["wrote"] = True
    values = {"id": uuid7(), "application_id": application_id, "name": name}
    made = await session.execute(INSERT, values | {"category_id": category_id})
    id = made.scalar_one_or_none()
    if id is None:
        raise Conflict("there is a template of that name", field="name", reason="name_taken")
    version = await _add(session, id, actor, draft)
    await _tell(session, values | {"id": id}, actor, "create", {"version": version})


async def add_version(
    session: Session, application_id: UUID, actor: Actor, name: str, draft: Draft
) -> int:
    """Add one, as a draft; its number. Numbers have no gaps."""
    row = await _locked(session, application_id, name)
    session.info["wrote"] = True
    version = await _add(session, row["id"], actor, draft)
    await _tell(session, row, actor, "edit", {"version": version})
    return version


async def categorise(
    session: Session, application_id: UUID, actor: Actor, name: str, category: str | None
) -> None:
    """Put it into another category, or into none."""
    row = await _locked(session, application_id, name)
    category_id = await _category(session, application_id, category)
    if category_id == row["category_id"]:
        return
    session.info["wrote"] = True
    await session.execute(CATEGORISE, {"id": row["id"], "category_id": category_id})
    await _tell(session, row, actor, "categorise", {"category": category})


async def publish(
    session: Session,
    application_id: UUID,
    actor: Actor,
    name: str,
    number: int,
    expected: int | None = None,
) -> None:
    """Publish a version. `expected`: what must be published now, 0 for nothing.

    PublishedMeanwhile if it is not, or if somebody else was faster.
    """
    row = await _live(session, application_id, name)
    version = await templates.version(session, row["id"], number)
    await _set(session, row, actor, version, "published", expected)


async def roll_back(
    session: Session,
    application_id: UUID,
    actor: Actor,
    name: str,
    number: int | None = None,
    expected: int | None = None,
) -> None:
    """Publish an earlier one again: this one, or the one that was published before."""
    row = await _live(session, application_id, name)
    target = await _target(session, row) if number is None else number
    version = await templates.version(session, row["id"], target)
    if version["published_at"] is None:
        detail = f"version {target} was never published: publish it instead"
        raise Conflict(detail, field="version", reason="never_published")
    await _set(session, row, actor, version, "rolled_back", expected)


async def archive(session: Session, application_id: UUID, actor: Actor, name: str) -> None:
    """Put it away: sends with it are refused. InUse names what uses it. Done already: nothing."""
    row = await _locked(session, application_id, name, archived=True)
    if row["archived_at"]:
        return
    await uses.refuse_if_template_is_used(session, application_id, row["id"])
    session.info["wrote"] = True
    await session.execute(ARCHIVE, {"id": row["id"]})
    await _tell(session, row, actor, "delete", {})


async def _set(
    session: Session, row: Row, actor: Actor, version: Row, kind: str, expected: int | None
) -> None:
    published, number = row["published"], version["number"]
    if expected is not None and (published or NOTHING) != expected:
        raise _meanwhile(published)
    if published == number:
        detail = f"version {number} is published already"
        raise PublishedMeanwhile(detail, number, reason="already_published")
    session.info["wrote"] = True
    values = {"id": row["id"], "publishes": row["publishes"], "version_id": version["id"]}
    done = await session.execute(PUBLISH, {**values, "kind": kind, "by": actor.name})
    if done.one_or_none() is None:
        now = await _live(session, row["application_id"], row["name"])
        raise _meanwhile(now["published"])
    verb = "publish" if kind == "published" else "roll_back"
    await _tell(session, row, actor, verb, {"version": number, "before": published})


async def _target(session: Session, row: Row) -> int:
    history = await templates.publishes(session, row["id"], REMEMBERED)
    target = earlier([(p["kind"], p["version"]) for p in reversed(history)])
    if row["published"] is None or target is None:
        detail = "no other version was published before"
        raise Conflict(detail, field="version", reason="nothing_to_roll_back_to")
    return target


async def _live(session: Session, application_id: UUID, name: str) -> Row:
    """Not locked: who publishes at the same time shall be noticed, not waited for."""
    row = await templates.get(session, application_id, name)
    if row["archived_at"]:
        raise _archived()
    return {**row, "application_id": application_id}


async def _locked(
    session: Session, application_id: UUID, name: str, *, archived: bool = False
) -> Row:
    values = {"application_id": application_id, "name": name}
    row = (await session.execute(LOCKED, values)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such template", field="name")
    if row["archived_at"] and not archived:
        raise _archived()
    return dict(row)


async def _category(session: Session, application_id: UUID, name: str | None) -> UUID | None:
    if name is None:
        return None
    values = {"application_id": application_id, "name": name}
    id: UUID | None = (await session.execute(CATEGORY, values)).scalar_one_or_none()
    if id is None:
        raise Invalid("no such category", field="category", reason="unknown_category")
    return id


async def _add(session: Session, id: UUID, actor: Actor, draft: Draft) -> int:
    values = {
        "id": uuid7(),
        "template_id": id,
        "content": orjson.dumps(draft.content).decode(),
        "variables": draft.variables,
        "types": orjson.dumps(draft.types).decode(),
        "by": actor.name,
    }
    return int((await session.execute(ADD_VERSION, values)).scalar_one())


def _archived() -> Conflict:
    detail = "the template was deleted; a new one of its name takes it back"
    return Conflict(detail, field="name", reason="template_archived")


def _meanwhile(published: int | None) -> PublishedMeanwhile:
    what = f"version {published}" if published else "no version"
    return PublishedMeanwhile(f"{what} is published now", published)


async def _tell(
    session: Session, row: Row, actor: Actor, verb: str, detail: Mapping[str, Any]
) -> None:
    said = {"name": row["name"], **detail}
    application_id = row["application_id"]
    entry = Entry(actor, f"template.{verb}", "template", str(row["id"]), application_id, said)
    await append(session, entry)
