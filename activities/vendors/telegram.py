"""Telegram, by a bot. https://core.telegram.org/bots/api#sendmessage

Not supported, and therefore said: a look-up (the API has none, so an unknown outcome stays
blind), and following a group to its new id: `telegram_migrated` refuses the old one and names it.
"""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

import httpx

from activities.http_statuses import body_text, bounded, from_status
from activities.http_vendor import HttpVendor
from activities.vendor import Settlement
from activities.vendor_config import BaseUrl, Token, VendorConfig
from models.messages import Channel, Message, Outcome, Scope, Verdict

# What the description of a 400 says about the chat; the rest of them is about the text.
CHAT_FAULTS = {
    "chat not found": "telegram_chat_not_found",
    "user not found": "telegram_chat_not_found",
    "peer_id_invalid": "telegram_chat_not_found",
    "chat_id is empty": "telegram_chat_not_found",
    "group chat was deactivated": "telegram_chat_closed",
    "not enough rights": "telegram_no_rights",
    "have no rights": "telegram_no_rights",
    "chat_write_forbidden": "telegram_no_rights",
}


class Telegram(HttpVendor):
    """sendMessage: one message a call, its text in Telegram's subset of HTML."""

    name = "telegram"
    channel = Channel.TELEGRAM
    settlement = Settlement.BLIND

    class Config(VendorConfig):
        """What an account needs: the bot's token."""

        token: Token
        base_url: BaseUrl = "https://api.telegram.org"

    config: Config

    def request(self, batch: Sequence[Message]) -> httpx.Request:
        """POST /bot{token}/sendMessage: the token is part of the URL."""
        [message] = batch
        token = quote(self.config.token.get_secret_value(), safe=":")
        return httpx.Request(
            "POST",
            f"{self.config.base_url}/bot{token}/sendMessage",
            json={"chat_id": message.to, "text": message.text, "parse_mode": "HTML"},
        )

    def outcomes(self, response: httpx.Response, batch: Sequence[Message]) -> list[Outcome]:
        """`{"ok": true, "result": {"message_id": 7}}`; ids count within a chat."""
        match response.json():
            case {"ok": True, "result": {"message_id": int(message_id)}}:
                return [Outcome(Verdict.ACCEPTED, vendor_id=str(message_id))]
        raise ValueError("no message_id")

    def classify(self, response: httpx.Response, batch: Sequence[Message]) -> list[Outcome]:
        """`{"ok": false, "error_code": 403, "description": "…", "parameters": {…}}`."""
        [message] = batch
        match response.json():
            case {"ok": False, "description": str(description), "parameters": dict(parameters)}:
                return [_refusal(response, message, description, parameters)]
            case {"ok": False, "description": str(description)}:
                return [_refusal(response, message, description, {})]
        return super().classify(response, batch)  # not Telegram's words: a proxy's


def _refusal(
    response: httpx.Response, message: Message, description: str, parameters: dict[str, object]
) -> Outcome:
    match response.status_code, parameters:
        case 429, {"retry_after": int(seconds) | float(seconds)}:
            # Private chats share the bot's own limit; a group has one of its own.
            scope = Scope.RECIPIENT if message.to.startswith(("-", "@")) else Scope.ACCOUNT
            shared = from_status(response, 1)
            return replace(shared, scope=scope, after=bounded(seconds))
        case 400, {"migrate_to_chat_id": _}:
            return _about_the_chat("telegram_migrated", response)
        case 400, _:
            said = description.lower()
            for fault, reason in CHAT_FAULTS.items():
                if fault in said:
                    return _about_the_chat(reason, response)
        case 403, _:  # blocked, deactivated, kicked, or never spoken to
            return _about_the_chat("telegram_403", response)
    return from_status(response, 1)


def _about_the_chat(reason: str, response: httpx.Response) -> Outcome:
    detail = body_text(response)
    return Outcome(Verdict.REFUSED, scope=Scope.RECIPIENT, reason=reason, detail=detail)
