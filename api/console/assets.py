"""What the pages load: our style and script, and htmx from its wheel; nothing from elsewhere.

Their addresses carry a hash of their content, so that browsers keep them for good.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Request, Response

from models.errors import Misconfigured, NotFound

OURS = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HTMX = "static/django_htmx/htmx-2.min.js"
FOR_GOOD = "public, max-age=31536000, immutable"

router = APIRouter(prefix="/assets")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and packed."""

    hash: str
    type: str
    plain: bytes
    packed: bytes


@cache
def assets() -> dict[str, Asset]:
    """All of them by name."""
    files = {path.name: path for path in sorted(OURS.iterdir()) if path.suffix in TYPES}
    return {name: _read(path) for name, path in {**files, "htmx.js": _htmx()}.items()}


def address(name: str) -> str:
    """Where a page finds it."""
    return f"/console/assets/{assets()[name].hash}/{name}"


@router.get("/{hash}/{name}")
async def asset(hash: str, name: str, request: Request) -> Response:
    """A file; its hash must be today's, or a browser would keep another one under it."""
    found = assets().get(name)
    if found is None or found.hash != hash:
        raise NotFound("no such file", field="path")
    packs = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"Cache-Control": FOR_GOOD, "Vary": "Accept-Encoding"}
    if packs:
        headers["Content-Encoding"] = "gzip"
    return Response(found.packed if packs else found.plain, media_type=found.type, headers=headers)


def _htmx() -> Path:
    """In the wheel django-htmx, which is never imported: it would want Django."""
    spec = find_spec("django_htmx")
    places = spec.submodule_search_locations if spec else None
    path = Path(next(iter(places or ()), "")) / HTMX
    if not path.is_file():
        raise Misconfigured("htmx is missing: install what requirements.lock says")
    return path


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(
        hash=sha256(content).hexdigest()[:16],
        type=TYPES[path.suffix],
        plain=content,
        packed=gzip.compress(content, 9, mtime=0),
    )
