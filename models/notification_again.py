"""The request that a stored notification was, to be accepted anew: edited, or sent again; pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping as Row

from models.acceptance import Request
from models.repositories.references import References, TemplateRef


def request_of(row: Row) -> Request:
    """As if somebody asked for it now, but for its times. What `data` got of the name, stays."""
    name = row["data"].get("name")
    return Request(
        template=row["template"],
        content=None if row["template"] else inline(row["content"]),
        data=row["data"],
        category=row["category"],
        profile_id=row["profile_id"],
        addresses=row["addresses"] or {},
        name=name if isinstance(name, str) else "",
        locale=row["locale"],
        time_zone=row["time_zone"],
        channels=tuple(row["channels"]),
        channel_mode=row["channel_mode"],
        priority=row["priority"],
        metadata=row["metadata"],
    )


def of_its_version(found: References, row: Row, version: Row) -> References:
    """The template as it was then: there may be newer versions, or it was deleted."""
    template = TemplateRef(
        name=row["template"],
        version_id=row["template_version_id"],
        variables=version["variables"],
        category=row["category"],
        types=version["types"],
    )
    return replace(found, templates={row["template"]: template})


def inline(content: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    """Inline content as the caller wrote it."""
    return {channel: locales["default"] for channel, locales in content.items()}
