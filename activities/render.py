"""From a claimed row to the message a vendor gets. The same rendering as at acceptance."""

from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from models.messages import Channel, Message
from models.rendering import content as contents
from models.rendering.content import Rendered
from models.repositories.messages import Claimed
from models.repositories.templates import Content

_written = lru_cache(maxsize=64)(str)  # one owner has very many messages, one after the other


def render(
    owner_id: UUID, channel: Channel, claimed: Claimed, versions: Mapping[UUID, Content]
) -> Message:
    """The message, or Invalid if its data do not fit its template."""
    version = claimed.template_version_id
    content = claimed.content if version is None else versions[version]
    rendered = contents.render(content or {}, channel, claimed.locale, claimed.data)
    id = f"{_written(owner_id)}.{claimed.seq}"
    return message(id, channel, claimed.address, rendered, claimed.request_key)


def message(id: str, channel: Channel, to: str, rendered: Rendered, request_key: str) -> Message:
    """What a vendor gets of what was rendered."""
    return Message(
        id=id,
        channel=channel,
        to=to,
        text=rendered.text,
        html=rendered.html,
        subject=rendered.subject,
        request_key=request_key,
    )
