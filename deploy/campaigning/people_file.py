"""`--file`: uploaded as an audience first, as `tidings audiences upload` does it."""

from contextlib import closing
from pathlib import Path

import typer
from rich.console import Console

from deploy.sending.target import Target
from deploy.uploading import telling
from deploy.uploading.client import AudienceClient
from deploy.uploading.upload import Upload, format_of, opened

RETRY_FOR_SECONDS = 60.0


def uploaded(target: Target, channel: str, path: Path) -> str:
    """The audience's id; what it has, and what was refused of it, is told on stderr."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    source, size = opened(path)
    with source, closing(AudienceClient(target, RETRY_FOR_SECONDS, _say)) as client:
        view = client.create(channel, format_of(path, source), path.name[:200])
        upload = Upload(client, source, size, view)
        with telling.bar(console, upload, size, quiet=False) as told:
            upload.run(told)
    console.print(f"audience {telling.sentence(upload.view)}", markup=False)
    return str(upload.view["id"])


def _say(text: str) -> None:
    typer.echo(f"tidings: {text}", err=True)
