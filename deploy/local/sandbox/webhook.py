"""A receiver of webhooks. https://github.com/standard-webhooks/standard-webhooks (spec/)

`/webhooks/<account>` takes whatever is signed with SECRET and not older than five minutes;
`/webhooks/<account>/once` takes each `webhook-id` once, and answers its copies all the same.
Signatures are verified by the standard's own library.
"""

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from deploy.local.sandbox.calls import RETRY_AFTER, Answer, Call, Refused, endpoint, json_object
from deploy.local.sandbox.desk import Desk
from deploy.local.sandbox.effects import Effect
from deploy.local.sandbox.faults import Fault

SECRET = "whsec_c2FuZGJveC1zYW5kYm94LXNhbmRib3gh"  # noqa: S105 - everybody's
ONCE = "/once"
UNVERIFIED = Answer(401, {"error": "the signature does not verify"})
NOT_JSON = Answer(400, {"error": "the body is no JSON object"})
ERRORS = {
    Fault.REFUSE: Answer(410, {"error": "gone"}),
    Fault.REFUSE_ACCOUNT: UNVERIFIED,
    Fault.BUSY: Answer(429, {"error": "too many requests"}, RETRY_AFTER),
    Fault.UNAVAILABLE: Answer(503, {"error": "not now"}),
    Fault.ERROR_BEFORE: Answer(500, {"error": "it broke"}),
    Fault.ERROR_AFTER: Answer(500, {"error": "it broke"}),
}


def routes(desk: Desk) -> list[web.RouteDef]:
    """The two receivers of every account."""

    async def read(request: web.Request) -> Call:
        body = await request.read()
        verify(body, request)
        content = json_object(body)
        if content is None:
            raise Refused(NOT_JSON)
        effect = Effect(
            vendor="webhook",
            account=request.match_info["account"],
            key=request.headers.get("Idempotency-Key", ""),
            to=f"{request.scheme}://{request.host}{request.raw_path}",
            vendor_id=request.headers["webhook-id"],
            subject=str(content.get("type", "")),
            text=body.decode(),
        )
        known = effect.to.endswith(ONCE) and desk.journal.index.has_webhook(effect)
        return Call(effect.account, [] if known else [effect], Answer(204))

    receive = endpoint(desk, "webhook", ERRORS, read)
    return [
        web.post("/webhooks/{account}", receive),
        web.post("/webhooks/{account}" + ONCE, receive),
    ]


def verify(body: bytes, request: web.Request) -> None:
    """Refuses what is not signed, or too old."""
    try:
        Webhook(SECRET).verify(body, dict(request.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: words of no signature
        raise Refused(UNVERIFIED) from None
