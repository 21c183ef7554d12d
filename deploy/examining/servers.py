"""The servers that speak HTTP: the API, and the sandbox of an embedded stack."""

import httpx

from api.sdk import AsyncTidings, Patience, TidingsError, Unavailable
from deploy.examining.finding import Finding, bad, well
from deploy.examining.place import Place
from deploy.local.probes import answers

HEALTH = "/_sandbox/health"


async def api(place: Place) -> Finding:
    """Could it accept a notification?"""
    patience = Patience(seconds=0)
    start = place.start("tidings api")
    try:
        async with AsyncTidings(place.api_url, "", patience=patience, timeout=5) as tidings:
            view = await tidings.health.ready()
    except Unavailable as problem:
        about = problem.body.get("database", "not ready")
        return bad("API", f"{place.api_url} answers, and its database is {about}", start)
    except (TidingsError, httpx.InvalidURL) as error:
        return bad("API", str(error), start)
    return well("API", f"{place.api_url} is {view['status']}")


async def sandbox(place: Place) -> list[Finding]:
    """The vendors that are none; an embedded stack's alone."""
    if not place.mailbox_url:
        return []
    if await answers(f"{place.mailbox_url}{HEALTH}"):
        return [well("sandbox", f"{place.mailbox_url} answers")]
    detail = f"{place.mailbox_url} does not answer"
    return [bad("sandbox", detail, place.start("python -m deploy.local.sandbox"))]
