"""`--file`: uploaded as an audience first, as `tidings audiences upload` does it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.console import Console

from deploy.uploading import telling
from deploy.uploading.patient import patient
from deploy.uploading.upload import Upload, format_of, opened

if TYPE_CHECKING:
    from api.sdk.models import Channel
    from deploy.sending.target import Target

RETRY_FOR_SECONDS = 60.0


def uploaded(target: Target, channel: str, path: Path) -> str:
    """The audience's id; what it has, and what was refused of it, is told on stderr."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    source, size = opened(path)
    with source, patient(target, RETRY_FOR_SECONDS) as tidings:
        view = tidings.audiences.create(
            channel=cast("Channel", channel), format=format_of(path, source), name=path.name[:200]
        )
        upload = Upload(tidings, source, view)
        with telling.bar(console, upload, size, quiet=False) as told:
            upload.run(told)
    console.print(f"audience {telling.sentence(upload.view)}", markup=False)
    return str(upload.view["id"])
