"""Profiles from a file, and what else is known of one."""

import orjson
from console_visitors import ORIGIN, Browser, Desk

NDJSON = "application/x-ndjson"


async def upload(desk: Desk, browser: Browser, body: bytes, type: str = NDJSON) -> tuple[int, str]:
    """As the page's script sends it."""
    headers = {
        "Content-Type": type,
        "Origin": ORIGIN,
        "HX-Request": "true",
        "X-Form-Token": desk.form_token(browser),
    }
    answer = await browser.http.post("/console/profiles/bulk", content=body, headers=headers)
    return answer.status_code, answer.text


async def test_lines_are_stored_and_each_refusal_is_shown(desk: Desk) -> None:
    author = desk.staff["author"]
    assert 'data-type="application/x-ndjson"' in await author.page("/profiles/bulk")
    lines = [
        orjson.dumps({"external_id": "bulk-1", "name": "Ada"}),
        b"nonsense",
        orjson.dumps({"external_id": "bulk-2", "locale": "<b>?</b>"}),
    ]
    status, page = await upload(desk, author, b"\n".join(lines))
    assert status == 200
    assert "bulk-1" in await author.page("/profiles?external_id=bulk-1")
    assert "bulk-2</a>" not in await author.page("/profiles?external_id=bulk-2")
    for line in ("2", "3"):
        assert f'<td data-label="Line" class="n">{line}</td>' in page
    assert "not a locale, such as de or pt-BR" in page
    assert "<b>?" not in page
    action = "SELECT count(*) FROM audit_entry WHERE action = 'profile.upload'"
    assert await desk.api.database.fetchval(action) == 1


async def test_another_file_is_refused(desk: Desk) -> None:
    status, page = await upload(desk, desk.staff["author"], b"a,b\n1,2\n", "text/csv")
    assert (status, "the body must be NDJSON" in page) == (415, True)


async def test_metadata_is_added_changed_and_taken_away(desk: Desk) -> None:
    author = desk.staff["author"]
    fields = {"external_id": "meta", "metadata_name": "team", "metadata_value": "engines"}
    answer = await author.send("/profiles/new", "/profiles", **fields)
    where = answer.headers["location"].removeprefix("/console").partition("?")[0]

    async def known() -> dict[str, str]:
        kept = "SELECT metadata FROM profile WHERE external_id = 'meta'"
        found: dict[str, str] = orjson.loads(await desk.api.database.fetchval(kept))
        return found

    async def edit(revision: int, **more: str) -> int:
        said = {"external_id": "meta", "revision": str(revision), **more}
        return (await author.send(where, f"{where}/edit", **said)).status_code

    assert await known() == {"team": "engines"}
    assert 'name="metadata.team" type="text" value="engines"' in await author.page(where)
    more = {"metadata.team": "looms", "metadata_name": "floor", "metadata_value": "3"}
    assert await edit(1, **more) == 303
    assert await known() == {"team": "looms", "floor": "3"}
    assert await edit(2, **{"metadata.team": "", "metadata.floor": "3"}) == 303
    assert await known() == {"floor": "3"}
    assert await edit(3, **{"metadata.floor": "3", "metadata_value": "of nothing"}) == 422
    assert await edit(3, **{"metadata.floor": "3" * 501}) == 422
    assert await known() == {"floor": "3"}
