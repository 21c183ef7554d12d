"""From a claimed row to the message a vendor gets. The same rendering as at acceptance."""

from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from models.messages import Channel, Message
from models.rendering import content as contents
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
    return Message(
        id=f"{_written(owner_id)}.{claimed.seq}",
        channel=channel,
        to=claimed.address,
        text=rendered.text,
        html=rendered.html,
        subject=rendered.subject,
        request_key=claimed.request_key,
    )
