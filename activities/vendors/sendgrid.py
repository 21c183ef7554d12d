"""SendGrid, email. https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send

Bodies travel as substitutions, limited to 10,000 bytes a recipient; a larger message gets a call
of its own. Not supported, and therefore said: receipts (the signed event webhook comes later, so
an unknown outcome is blind for now) and the headers that SendGrid keeps to itself.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from email.utils import parseaddr
from typing import Any

import httpx
import orjson
from pydantic import Field

from activities.http_statuses import from_status
from activities.http_vendor import HttpVendor
from activities.vendor import Settlement
from activities.vendor_config import BaseUrl, Token, VendorConfig
from models.errors import Invalid
from models.messages import Channel, Message, Outcome, Scope, Verdict

MARK = "-tidings."
TEXT, HTML = f"{MARK}text-", f"{MARK}html-"
SUBSTITUTIONS_BYTES = 10_000
RESERVED = {"to", "from", "subject", "reply-to", "cc", "bcc", "content-type", "received"}
CULPRIT = re.compile(r"personalizations\.(\d+)\.(\w+)")


class SendGrid(HttpVendor):
    """v3 mail/send: up to 1,000 personalizations a call, which share one vendor id."""

    name = "sendgrid"
    channel = Channel.EMAIL
    settlement = Settlement.BLIND
    max_batch = 1000

    class Config(VendorConfig):
        """What an account needs; `sender` is `a@example.com` or `Name <a@example.com>`."""

        api_key: Token
        sender: str = Field(min_length=3)
        base_url: BaseUrl = "https://api.sendgrid.com"

    config: Config

    def headers(self) -> Mapping[str, str]:
        """The key, as a bearer token."""
        return {"Authorization": f"Bearer {self.config.api_key.get_secret_value()}"}

    def group(self, message: Message) -> Hashable:
        """Sender and kinds of body belong to the call; what is no substitution goes alone."""
        text, html = message.text, message.html
        size = _size(text) + _size(html) + len(TEXT + HTML)
        alone = size > SUBSTITUTIONS_BYTES or MARK in text or MARK in html
        return message.sender, bool(text), bool(html), message.id if alone else ""

    def request(self, batch: Sequence[Message]) -> httpx.Request:
        """One call for messages of one `group`; another sender in it would be lost: refused."""
        [sender] = {message.sender for message in batch}
        name, address = parseaddr(sender or self.config.sender)
        alone = len(batch) == 1
        text, html = (batch[0].text, batch[0].html) if alone else (TEXT, HTML)
        parts = [
            {"type": kind, "value": body}
            for kind, body, used in (
                ("text/plain", text, batch[0].text),
                ("text/html", html, batch[0].html),
            )
            if used
        ]
        body = {
            "from": {"email": address, "name": name} if name else {"email": address},
            "personalizations": [personalization(message, alone=alone) for message in batch],
            "content": parts,
        }
        content, headers = orjson.dumps(body), {"Content-Type": "application/json"}
        url = f"{self.config.base_url}/v3/mail/send"
        return httpx.Request("POST", url, content=content, headers=headers)

    def outcomes(self, response: httpx.Response, batch: Sequence[Message]) -> list[Outcome]:
        """202 with an empty body; X-Message-Id is shared by the whole call."""
        if response.status_code != 202:
            raise ValueError("not an acceptance")
        return [Outcome(Verdict.ACCEPTED, vendor_id=response.headers["x-message-id"])] * len(batch)

    def classify(self, response: httpx.Response, batch: Sequence[Message]) -> list[Outcome]:
        """`{"errors": [{"field": "personalizations.3.to", …}]}`: a 400 is all or nothing."""
        shared = from_status(response, len(batch))
        if response.status_code != 400:
            return [shared] * len(batch)
        errors = response.json()["errors"]
        fields = [str(error.get("field") or "") for error in errors]
        if fields and all(field.partition(".")[0] == "from" for field in fields):
            scope = Scope.CONTENT if batch[0].sender else Scope.ACCOUNT
            return [replace(shared, verdict=Verdict.REFUSED, scope=scope)] * len(batch)
        scopes = culprits(errors, len(batch))
        return [
            replace(shared, verdict=Verdict.REFUSED, scope=scopes[n]) if n in scopes else shared
            for n in range(len(batch))
        ]


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def personalization(message: Message, *, alone: bool) -> dict[str, Any]:
    """What differs between the messages of a call; Invalid for a header SendGrid refuses."""
    differs: dict[str, Any] = {
        "to": [{"email": message.to}],
        "subject": message.subject,
        "custom_args": {"message": message.id, "request": message.request_key or message.id},
    }
    for name in message.headers:
        if name.lower() in RESERVED:
            raise Invalid(f"SendGrid does not take the header {name}", field=name)
    if message.headers:  # List-Unsubscribe and its like
        differs["headers"] = dict(message.headers)
    if not alone:
        bodies = {TEXT: message.text, HTML: message.html}
        differs["substitutions"] = {tag: body for tag, body in bodies.items() if body}
    return differs


def culprits(errors: Sequence[Mapping[str, Any]], size: int) -> dict[int, Scope]:
    """The messages that a 400 names; none if it also says anything else."""
    named: dict[int, Scope] = {}
    for error in errors:
        found = CULPRIT.match(str(error.get("field") or ""))
        # "should be unique" names an address twice in the call: nothing is wrong with either.
        if not found or int(found[1]) >= size or "unique" in str(error.get("message")):
            return {}
        scope = Scope.RECIPIENT if found[2] == "to" else Scope.CONTENT
        named[int(found[1])] = min(scope, named.get(int(found[1]), scope))
    return named
