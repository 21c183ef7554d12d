"""What nobody expected is a page or a problem, and one line of the log that quotes nothing."""

from typing import Any

import httpx
import pytest
from console_visitors import Desk
from listening_api import app_of, listening
from sqlalchemy.exc import SQLAlchemyError

KINDS = [ValueError, KeyError, SQLAlchemyError, ExceptionGroup]


def error_of(kind: type[Exception]) -> Exception:
    words = "what a driver quotes"
    return ExceptionGroup(words, [ValueError(words)]) if kind is ExceptionGroup else kind(words)


@pytest.mark.parametrize("path", ["/console/", "/v1/notifications"])
@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_logged_once(desk: Desk, caplog: Any, kind: type[Exception], path: str) -> None:
    def broken(*_: Any) -> Any:
        raise error_of(kind)

    browser, app = await desk.at_work("viewer"), app_of(desk.api)
    cookies = {"__Host-tidings": desk.token_of(browser)}
    clock, limits = desk.console.clock, app.state.limits
    async with listening(app) as port:
        desk.console.clock, app.state.limits = broken, None
        caplog.clear()
        url, headers = f"http://127.0.0.1:{port}", dict(desk.api.http.headers)
        async with httpx.AsyncClient(base_url=url, cookies=cookies, headers=headers) as http:
            answer = await http.get(path)
        desk.console.clock, app.state.limits = clock, limits

    assert answer.status_code == 500
    assert "quotes" not in answer.text
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert (record.msg["event"], record.msg["path"]) == ("unexpected", path)
