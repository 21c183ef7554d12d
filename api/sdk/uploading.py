"""An upload, part by part, each from where the API says that the last one ended.

A part is never sent again as it was: the API may have stored some of it, so it is asked first.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

from api.sdk.core import Core, Trouble
from api.sdk.patience import Waiting
from api.sdk.problems import Conflict, TooShort
from api.sdk.request import Reply, Request
from api.sdk.steps import Sleep, Steps

PART_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
SILENCE_SECONDS = 120.0
# An earlier attempt was stored, though its answer was lost: what is there says how far.
STORED = frozenset({"upload_offset", "audience_complete", "cut_off"})

View: TypeAlias = dict[str, Any]
Told: TypeAlias = Callable[[int, Any], None]


@dataclass(slots=True)
class _Upload:
    core: Core
    path: str
    file: BinaryIO
    size: int
    told: Told

    def look(self, waiting: Waiting) -> Steps[View]:
        request = Request("GET", self.path, repeatable=True)
        reply = yield from self.core.exchange(request, waiting)
        return dict(reply.body)

    def put(self, view: View, size: int) -> Steps[Reply | Trouble | None]:
        """None: look how far it is."""
        offset = view["offset"]
        headers = {
            "Upload-Offset": str(offset),
            "Upload-Complete": "?1" if offset + size == self.size else "?0",
            "Content-Length": str(size),
        }
        request = Request(
            "PUT",
            f"{self.path}/content",
            headers=headers,
            content=self._read(view, size),
            silence_seconds=SILENCE_SECONDS,
        )
        try:
            return (yield from self.core.once(request))
        except Conflict as problem:
            if problem.code in STORED:
                return None
            raise

    def _read(self, view: View, size: int) -> Iterator[bytes]:
        offset = view["offset"]
        self.file.seek(offset)
        end = offset + size
        while offset < end and (chunk := self.file.read(min(CHUNK_BYTES, end - offset))):
            offset += len(chunk)
            yield chunk
            self.told(offset, view)


def uploading(core: Core, id: str, file: BinaryIO, told: Told | None) -> Steps[Any]:
    """All that is not stored yet; patience is for each part."""
    size = file.seek(0, os.SEEK_END)
    work = _Upload(core, f"/v1/audiences/{id}", file, size, told or (lambda sent, view: None))
    part, waiting = PART_BYTES, Waiting(core.patience)
    view = yield from work.look(waiting)
    while view["state"] == "receiving":
        offset = view["offset"]
        if offset > size:
            raise TooShort(f"{offset:,} bytes are stored, more than the file has")
        answer = yield from work.put(view, min(part, size - offset))
        if isinstance(answer, Trouble):
            pause = waiting.pause(answer.words, answer.asked_seconds)
            if pause is None:
                raise answer.error
            yield Sleep(pause)
        else:  # a part that is never taken is no progress, whatever can be read
            waiting = Waiting(core.patience)
        view = dict(answer.body) if isinstance(answer, Reply) else (yield from work.look(waiting))
        # A line that is longer than a part needs a longer one.
        part = PART_BYTES if view["offset"] > offset else part * 2
        work.told(view["offset"], view)
    return view
