"""Previews of a template: of a version as it is kept, or of a content that is being written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models.rendering.content import Content
from models.rendering.declared import Types
from models.rendering.preview import Preview, preview
from models.repositories import templates
from models.sessions import Session
from models.template_draft import drafted


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what (the newest version, if neither version nor content is given), and with what."""

    channel: str
    locale: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None
    content: Content | None = None
    types: Types | None = None  # declared with the content


async def previewed(session: Session, application_id: UUID, name: str, asked: Asked) -> Preview:
    """The message; Invalid names the part and the line."""
    row = await templates.get(session, application_id, name)
    if asked.content is not None:
        draft = drafted(asked.content, asked.types)
        content, variables, types = draft.content, draft.variables, draft.types
    else:
        version = await templates.version(session, row["id"], asked.version or row["latest"])
        content, variables, types = (version[n] for n in ("content", "variables", "types"))
    return preview(
        content, asked.channel, asked.locale, asked.data, variables=variables, types=types
    )
