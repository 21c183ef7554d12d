"""Twilio, SMS. https://www.twilio.com/docs/messaging/api/message-resource

Not supported, and therefore said: status callbacks (receipts come later), media, and a proof of
absence: the list of messages is not documented as complete, so what it lacks stays unknown.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import httpx
from pydantic import Field, model_validator

from activities.http_statuses import from_status
from activities.http_vendor import HttpVendor
from activities.vendor import Settlement
from activities.vendor_config import BaseUrl, Token, VendorConfig
from models.messages import Channel, Message, Outcome, Scope, Verdict

# https://www.twilio.com/docs/api/errors
SCOPES = {
    21211: Scope.RECIPIENT,  # not a number
    21610: Scope.RECIPIENT,  # opted out
    21614: Scope.RECIPIENT,  # not a mobile
    21635: Scope.RECIPIENT,  # a landline
    21408: Scope.CONTENT,  # region switched off: neither the number nor the rest is to blame
    20003: Scope.ACCOUNT,  # wrong credentials
    30032: Scope.ACCOUNT,  # the sender is not registered
    30034: Scope.ACCOUNT,
}
SENDER_CODES = (21212, 21606)  # not a number of ours
TOO_MANY = 20429  # "never processed, always safe to retry"
PAGES = 3
PAGE_SIZE = 50
PAGE_BYTES = 1024 * 1024
CLOCKS_DIFFER = timedelta(seconds=2)


class Twilio(HttpVendor):
    """Twilio's Message resource: one message a call."""

    name = "twilio"
    channel = Channel.SMS
    settlement = Settlement.CORRELATED  # its list can be asked for number, body and time

    class Config(VendorConfig):
        """What an account needs: the token, or an API key; a number or a messaging service."""

        account_sid: str = Field(pattern=r"^[\w-]+$")
        auth_token: Token | None = None
        api_key_sid: str = Field("", pattern=r"^[\w-]*$")
        api_key_secret: Token | None = None
        sender: str = Field(min_length=1)
        base_url: BaseUrl = "https://api.twilio.com"

        @model_validator(mode="after")
        def _can_log_in(self) -> "Twilio.Config":
            if bool(self.api_key_sid) != bool(self.api_key_secret):
                raise ValueError("api_key_sid and api_key_secret belong together")
            if not (self.api_key_secret or self.auth_token):
                raise ValueError("auth_token, or an API key, is needed")
            return self

    config: Config

    def headers(self) -> Mapping[str, str]:
        """Basic: the API key where there is one."""
        c = self.config
        user = c.api_key_sid or c.account_sid
        secret = c.api_key_secret or c.auth_token
        pair = f"{user}:{secret.get_secret_value() if secret else ''}"
        return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}

    def request(self, batch: Sequence[Message]) -> httpx.Request:
        """POST Messages.json, form encoded."""
        [message] = batch
        sender = message.sender or self.config.sender
        by = "MessagingServiceSid" if sender.startswith("MG") else "From"
        form = {"To": message.to, by: sender, "Body": message.text}
        return httpx.Request("POST", self._messages, data=form)

    def outcomes(self, response: httpx.Response, batch: Sequence[Message]) -> list[Outcome]:
        """`{"sid": "SM…", "status": "queued"}`."""
        match response.json():
            case {"sid": str(sid)} if sid:
                return [Outcome(Verdict.ACCEPTED, vendor_id=sid)]
        raise ValueError("no sid")

    def classify(self, response: httpx.Response, batch: Sequence[Message]) -> list[Outcome]:
        """`{"code": 21610, "message": "…"}` says more than its status 400."""
        [message] = batch
        shared = from_status(response, 1)
        code = response.json()["code"]
        if not isinstance(code, int) or not 400 <= response.status_code < 500:
            return [shared]
        named = replace(shared, reason=f"twilio_{code}")
        if code == TOO_MANY:
            return [replace(named, verdict=Verdict.RETRY, scope=Scope.ACCOUNT)]
        if code in SENDER_CODES:  # the account's own sender is every message's fault
            scope = Scope.CONTENT if message.sender else Scope.ACCOUNT
            return [replace(named, verdict=Verdict.REFUSED, scope=scope)]
        if code in SCOPES:
            return [replace(named, verdict=Verdict.REFUSED, scope=SCOPES[code])]
        return [named]

    async def find(self, message: Message, since: datetime) -> Outcome:
        """ACCEPTED with every sid that may be its, else UNKNOWN; three pages at most."""
        query = {"To": message.to, "DateSent>": f"{since.astimezone(UTC):%Y-%m-%d}"}
        url = f"{self._messages}?{httpx.QueryParams({**query, 'PageSize': PAGE_SIZE})}"
        found: list[str] = []
        for _ in range(PAGES):
            response = await self.call(httpx.Request("GET", url), limit=PAGE_BYTES)
            if not response.is_success:
                return replace(from_status(response, 1), verdict=Verdict.UNKNOWN)
            page = response.json()
            found += [str(m["sid"]) for m in page["messages"] if self._is(m, message, since)]
            if not page.get("next_page_uri"):
                break
            url = self._on_this_host(page["next_page_uri"])
        if not found:
            return Outcome(Verdict.UNKNOWN, reason="not_listed")
        return Outcome(
            Verdict.ACCEPTED, vendor_id=found[0], reason="listed", candidates=tuple(found)
        )

    @cached_property
    def _messages(self) -> httpx.URL:
        account = f"{self.config.base_url}/2010-04-01/Accounts/{self.config.account_sid}"
        return httpx.URL(f"{account}/Messages.json")

    def _on_this_host(self, uri: str) -> str:
        if not uri.startswith("/"):  # our credentials go with the call
            raise ValueError("next_page_uri leaves the host")
        return self.config.base_url + uri

    def _is(self, listed: dict[str, Any], message: Message, since: datetime) -> bool:
        sender = message.sender or self.config.sender
        return (
            listed["to"] == message.to
            and listed["body"] == message.text
            and sender in (listed["from"], listed.get("messaging_service_sid"))
            and parsedate_to_datetime(listed["date_created"]) >= since - CLOCKS_DIFFER
        )
