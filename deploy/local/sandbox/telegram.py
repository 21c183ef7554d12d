"""Telegram's sendMessage. https://core.telegram.org/bots/api#sendmessage

Any token will do; the journal keeps the bot's id, the part before the colon. Chats with a meaning:
403 has blocked the bot, 400 is not found, 429 asks to wait 2 s.
"""

import time
from typing import Any

from aiohttp import web

from deploy.local.sandbox.calls import RETRY_AFTER, Answer, Call, Refused, endpoint, json_object
from deploy.local.sandbox.desk import Desk
from deploy.local.sandbox.effects import Effect
from deploy.local.sandbox.faults import Fault
from deploy.local.sandbox.telegram_html import Unparsable, plain

TEXT_CHARACTERS = 4096


def error(code: int, description: str, retry_after: int | None = None) -> Answer:
    """Telegram's form of an error; the status repeats the code."""
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    if retry_after is None:
        return Answer(code, body)
    return Answer(code, body | {"parameters": {"retry_after": retry_after}}, RETRY_AFTER)


BLOCKED = error(403, "Forbidden: bot was blocked by the user")
WAIT = error(429, "Too Many Requests: retry after 2", retry_after=2)
MAGIC = {"403": BLOCKED, "400": error(400, "Bad Request: chat not found"), "429": WAIT}
ERRORS = {
    Fault.REFUSE: BLOCKED,
    Fault.REFUSE_ACCOUNT: error(401, "Unauthorized"),
    Fault.BUSY: WAIT,
    Fault.UNAVAILABLE: error(503, "Service Unavailable"),
    Fault.ERROR_BEFORE: error(500, "Internal Server Error"),
    Fault.ERROR_AFTER: error(500, "Internal Server Error"),
}


def routes(desk: Desk) -> list[web.RouteDef]:
    """The one method there is."""

    async def read(request: web.Request) -> Call:
        body = json_object(await request.read()) or {}
        chat, source = str(body.get("chat_id") or ""), body.get("text", "")
        parse_mode = str(body.get("parse_mode") or "")
        check_chat(chat)
        text = readable(source, parse_mode)
        bot = request.match_info["token"].partition(":")[0]
        number = desk.journal.index.next_in_chat(bot, chat)
        effect = Effect(
            vendor="telegram",
            account=bot,
            key=request.headers.get("Idempotency-Key", ""),
            to=chat,
            vendor_id=str(number),
            text=text,
            html=source if parse_mode.lower() == "html" else "",
        )
        result = {
            "message_id": number,
            "from": {"id": as_id(bot), "is_bot": True, "first_name": "Sandbox"},
            "chat": {"id": as_id(chat), "type": "private", "first_name": "Sandbox"},
            "date": int(time.time()),
            "text": text,
        }
        return Call(bot, [effect], Answer(200, {"ok": True, "result": result}))

    return [web.post("/bot{token}/sendMessage", endpoint(desk, "telegram", ERRORS, read))]


def check_chat(chat: str) -> None:
    """Refuses a chat that is missing, or has a meaning."""
    if not chat:
        raise Refused(error(400, "Bad Request: chat_id is empty"))
    if chat in MAGIC:
        raise Refused(MAGIC[chat])


def readable(source: Any, parse_mode: str) -> str:
    """What the recipient reads; its length counts after parsing, in UTF-16 units."""
    if not isinstance(source, str) or not source.strip():
        raise Refused(error(400, "Bad Request: message text is empty"))
    try:
        text = plain(source) if parse_mode.lower() == "html" else source
    except Unparsable as wrong:
        raise Refused(error(400, f"Bad Request: can't parse entities: {wrong}")) from None
    if not text.strip():
        raise Refused(error(400, "Bad Request: message text is empty"))
    if len(text.encode("utf-16-le")) // 2 > TEXT_CHARACTERS:
        raise Refused(error(400, "Bad Request: message is too long"))
    return text


def as_id(value: str) -> int | str:
    """Ids are numbers; names such as @channel stay as they are."""
    return int(value) if value.removeprefix("-").isdecimal() else value
