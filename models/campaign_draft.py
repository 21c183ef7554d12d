"""From what a caller asks to what a campaign's row holds; pure. Invalid names the field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models.acceptance import DEFAULT_CATEGORY, FURTHEST, SKEW, published
from models.errors import Invalid
from models.rendering import content as contents
from models.rendering.data import check_data
from models.repositories.references import Category, References, Wanted
from models.repositories.templates import Content


@dataclass(frozen=True, slots=True)
class Words:
    """What a campaign says, and in which category: by name, or inline by channel."""

    template: str | None = None
    content: Mapping[str, Mapping[str, str]] | None = None
    category: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def wanted(self) -> Wanted:
        """What it refers to."""
        return Wanted(
            categories={self.category or DEFAULT_CATEGORY},
            templates={self.template} if self.template else set(),
        )


def said(
    words: Words, channel: str, references: References, versions: Mapping[UUID, Content]
) -> dict[str, Any]:
    """The columns of content and category, checked: it compiles, and has what the channel needs."""
    check_data(words.data)
    version_id: UUID | None = None
    if words.template is not None:
        template = published(references, words.template)
        version_id = template.version_id
        content, variables = versions[version_id], frozenset(template.variables)
    else:
        content = {name: {"default": parts} for name, parts in (words.content or {}).items()}
        variables = _checked(content)
    if channel not in content:
        detail = f"the content has no {channel} part"
        raise Invalid(detail, field="content", reason="no_content")
    if unknown := sorted(set(words.data) - variables):
        raise Invalid(
            f"the template has no variable {unknown[0][:100]!r}",
            field=f"data.{unknown[0][:100]}",
            reason="unknown_variable",
        )
    category = _category(words, references)
    return {
        "category_id": category.id,
        "template_version_id": version_id,
        "content": None if version_id else content,
        "data": dict(words.data),
    }


def lives(category: Category, expires_in: int | None) -> timedelta:
    """For how long after its start it may be sent."""
    return timedelta(seconds=expires_in) if expires_in else category.expires_after


def category_of(words: Words, references: References) -> Category:
    """The category it is in."""
    return _category(words, references)


def check_time(send_at: datetime | None, now: datetime) -> None:
    """Neither past nor too far ahead."""
    if send_at and send_at < now - SKEW:
        limit = f"{int(SKEW.total_seconds())} s ago"
        raise Invalid("lies in the past", field="send_at", limit=limit, reason="in_the_past")
    if send_at and send_at > now + FURTHEST:
        limit = f"{FURTHEST.days} days"
        raise Invalid("too far ahead", field="send_at", limit=limit, reason="too_far_ahead")


def _category(words: Words, references: References) -> Category:
    template = references.templates.get(words.template or "")
    name = words.category or (template and template.category) or DEFAULT_CATEGORY
    if name not in references.categories:
        raise Invalid("no such category", field="category", reason="unknown_category")
    return references.categories[name]


def _checked(content: Content) -> frozenset[str]:
    try:
        return contents.check(content)
    except Invalid as error:
        error.field = (error.field or "content").replace(".default.", ".")
        raise
