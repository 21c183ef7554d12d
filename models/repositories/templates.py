"""What template versions hold. A version never changes, so a process keeps what it has read."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.sessions import Session

CONTENTS = text("SELECT id, content FROM template_version WHERE id = ANY(:ids)")
KEPT = 500

Content = Mapping[str, Any]


class VersionCache:
    """The contents of the versions used last, at most `kept` of them."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._contents: OrderedDict[UUID, Content] = OrderedDict()

    async def load(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Content]:
        """The contents of these versions; one query for all that are not here yet."""
        found = {id: self._contents[id] for id in ids if id in self._contents}
        missing = [id for id in ids if id not in found]
        if missing:
            for row in await session.execute(CONTENTS, {"ids": missing}):
                found[row.id] = row.content
        for id, content in found.items():  # others may have come and gone while we asked
            self._contents[id] = content
            self._contents.move_to_end(id)
        while len(self._contents) > self._kept:
            self._contents.popitem(last=False)
        return found
