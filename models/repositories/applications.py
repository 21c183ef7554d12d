"""Applications and what they own: categories, templates, vendor accounts. Few rows, plain SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.rendering import content as contents
from models.seal import Keyring
from models.sessions import Session

ENSURE = text("""
INSERT INTO application (id, name) VALUES (:id, :name)
ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id
""")

CATEGORY = text("""
INSERT INTO category (id, application_id, name, priority, priority_fixed, channels, channel_mode,
    mandatory, expires_after, on_unknown)
VALUES (:id, :application_id, :name, :priority, :priority_fixed, :channels, :channel_mode,
    :mandatory, :expires_after, :on_unknown)
ON CONFLICT (application_id, name) DO NOTHING
""")

TEMPLATE = text("""
INSERT INTO template (id, application_id, name, category_id)
SELECT :id, :application_id, :name,
       (SELECT id FROM category WHERE application_id = :application_id AND name = :category)
ON CONFLICT (application_id, name) DO NOTHING RETURNING id
""")

PUBLISH = text("""
WITH version AS (
    INSERT INTO template_version (id, template_id, number, content, variables, published_at)
    VALUES (:id, :template_id, 1, CAST(:content AS jsonb), :variables, now())
), published AS (
    UPDATE template SET published_version_id = :id, publishes = 1 WHERE id = :template_id
)
INSERT INTO template_publish (template_id, n, version_id, kind, by)
VALUES (:template_id, 1, :id, 'published', 'tidings')
""")

ACCOUNT = text("""
INSERT INTO vendor_account (id, application_id, name, channel, vendor, rank, sealed_config)
VALUES (:id, :application_id, :name, :channel, :vendor, :rank, :sealed)
""")

FIND_ACCOUNT = text("""
SELECT id, sealed_config FROM vendor_account
WHERE application_id = :application_id AND name = :name AND retired_at IS NULL FOR UPDATE
""")

RECONFIGURE = text("""
UPDATE vendor_account SET sealed_config = :sealed, revision = revision + 1, failures = 0,
    closed_until = NULL, closed_reason = NULL
WHERE id = :id
""")

RATE = text("""
INSERT INTO vendor_rate (account_id, per_second) VALUES (:account_id, :per_second)
ON CONFLICT (account_id) DO UPDATE SET per_second = excluded.per_second
""")


@dataclass(frozen=True, slots=True)
class NewCategory:
    """A category as it is first made."""

    name: str
    priority: str
    channels: list[str]
    expires_after: timedelta
    channel_mode: str = "all"
    priority_fixed: bool = False
    mandatory: bool = False
    on_unknown: str = "hold"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A vendor account and its settings, which are sealed before they are written."""

    name: str
    channel: str
    vendor: str
    rank: int
    config: Mapping[str, Any]
    per_second: float | None = None
    reserve: float = 0.2  # of its rate: what low priority leaves to others


async def ensure(session: Session, name: str) -> UUID:
    """The application of that name, made if there is none."""
    found: UUID = (await session.execute(ENSURE, {"id": uuid7(), "name": name})).scalar_one()
    return found


async def add_categories(
    session: Session, application_id: UUID, categories: Sequence[NewCategory]
) -> None:
    """Make those that are not there."""
    for category in categories:
        values = asdict(category) | {"id": uuid7(), "application_id": application_id}
        await session.execute(CATEGORY, values)


async def add_template(
    session: Session, application_id: UUID, name: str, category: str, content: contents.Content
) -> None:
    """Make and publish it, unless there is one of that name; Invalid if it does not compile."""
    values = {
        "id": uuid7(),
        "application_id": application_id,
        "name": name,
        "category": category,
    }
    template_id = (await session.execute(TEMPLATE, values)).scalar_one_or_none()
    if template_id is None:
        return
    version = {
        "id": uuid7(),
        "template_id": template_id,
        "content": orjson.dumps(content).decode(),
        "variables": sorted(contents.check(content)),
    }
    await session.execute(PUBLISH, version)


async def put_account(
    session: Session, application_id: UUID, account: NewAccount, keyring: Keyring
) -> None:
    """Make the account, or give the one of that name these settings; workers open it anew."""
    plain = orjson.dumps(dict(account.config), option=orjson.OPT_SORT_KEYS)
    values = {"application_id": application_id, "name": account.name}
    there = (await session.execute(FIND_ACCOUNT, values)).one_or_none()
    id = there.id if there else uuid7()
    if there is None:
        sealed = keyring.seal(plain, id)
        row = values | {"id": id, "sealed": sealed, "channel": account.channel}
        await session.execute(ACCOUNT, row | {"vendor": account.vendor, "rank": account.rank})
    elif keyring.open(bytes(there.sealed_config), id) != plain:
        await session.execute(RECONFIGURE, {"id": id, "sealed": keyring.seal(plain, id)})
    if account.per_second is not None:
        await session.execute(RATE, {"account_id": id, "per_second": account.per_second})
