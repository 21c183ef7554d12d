"""What Telegram's descriptions mean; they say more than their statuses."""

import json
from datetime import timedelta

import pytest
from raw_peers import HttpPeer, answer, listening

from activities.vendor import load
from models.messages import Channel, Message, Outcome, Scope, Verdict


def error(status: int, description: str, **parameters) -> bytes:
    said = {"ok": False, "error_code": status, "description": description}
    return answer(
        status, json.dumps(said | {"parameters": parameters} if parameters else said).encode()
    )


async def sent(peer: HttpPeer, to: str = "734201", text: str = "<b>hi</b>") -> Outcome:
    async with listening(peer.talk) as port:
        vendor = load("telegram", {"token": "48:AAFD39", "base_url": f"http://127.0.0.1:{port}"})
        await vendor.open()
        [outcome] = await vendor.send([Message("o.1", Channel.TELEGRAM, to, text=text)])
        await vendor.close()
    return outcome


async def test_the_call_is_telegram_s():
    peer = HttpPeer(answer(200, b'{"ok": true, "result": {"message_id": 7}}'))
    outcome = await sent(peer, text="<b>hi</b> ü")
    head, _, body = peer.requests[0].partition(b"\r\n\r\n")
    assert outcome == Outcome(Verdict.ACCEPTED, vendor_id="7")
    assert head.startswith(b"POST /bot48:AAFD39/sendMessage HTTP/1.1\r\n")
    assert json.loads(body) == {"chat_id": "734201", "text": "<b>hi</b> ü", "parse_mode": "HTML"}


@pytest.mark.parametrize(
    ("said", "verdict", "scope", "reason"),
    [
        (
            error(403, "Forbidden: bot was blocked by the user"),
            Verdict.REFUSED,
            Scope.RECIPIENT,
            "telegram_403",
        ),
        (
            error(400, "Bad Request: chat not found"),
            Verdict.REFUSED,
            Scope.RECIPIENT,
            "telegram_chat_not_found",
        ),
        (
            error(400, "Bad Request: not enough rights to send text messages to the chat"),
            Verdict.REFUSED,
            Scope.RECIPIENT,
            "telegram_no_rights",
        ),
        (
            error(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001),
            Verdict.REFUSED,
            Scope.RECIPIENT,
            "telegram_migrated",
        ),
        (
            error(400, "Bad Request: can't parse entities: unclosed tag"),
            Verdict.REFUSED,
            Scope.CONTENT,
            "http_400",
        ),
        (error(401, "Unauthorized"), Verdict.REFUSED, Scope.ACCOUNT, "http_401"),
        (error(404, "Not Found"), Verdict.REFUSED, Scope.ACCOUNT, "http_404"),
        (error(500, "Internal Server Error"), Verdict.UNKNOWN, Scope.CONTENT, "http_500"),
        (answer(403, b"<html>proxy"), Verdict.REFUSED, Scope.ACCOUNT, "http_403"),
    ],
)
async def test_a_description_is_understood(said, verdict, scope, reason):
    outcome = await sent(HttpPeer(said))
    assert (outcome.verdict, outcome.scope, outcome.reason) == (verdict, scope, reason)


@pytest.mark.parametrize(
    ("to", "scope"),
    [("734201", Scope.ACCOUNT), ("-100734", Scope.RECIPIENT), ("@news", Scope.RECIPIENT)],
)
async def test_a_429_is_about_the_bot_or_the_group(to, scope):
    outcome = await sent(HttpPeer(error(429, "Too Many Requests", retry_after=5)), to=to)
    assert (outcome.verdict, outcome.scope) == (Verdict.RETRY, scope)
    assert outcome.after == timedelta(seconds=5)


async def test_the_new_id_of_a_group_is_kept_in_the_detail():
    said = error(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001)
    assert "-1001" in (await sent(HttpPeer(said))).detail
