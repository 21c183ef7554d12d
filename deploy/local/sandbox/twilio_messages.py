"""Messages as Twilio shows them, one and in a list.

The list is complete: whatever was accepted from an account is in it, faults or not, newest first.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from deploy.local.sandbox.effects import Effect
from deploy.local.sandbox.journal import Journal

PAGE_SIZE = 50
PAGE_SIZE_MAX = 1000


def listing(journal: Journal, account: str, query: Mapping[str, str]) -> dict[str, Any]:
    """One page of the account's messages; `DateSent` filters by day or RFC 3339 time.

    The place of the last message is the page token, so that new messages shift nothing.

    Raises:
        ValueError: a `DateSent` that is no date; OverflowError: one out of range.
    """
    size = min(max(_number(query.get("PageSize"), PAGE_SIZE), 1), PAGE_SIZE_MAX)
    before = _number(query.get("PageToken", "").removeprefix("PA"), -1)
    places = journal.index.twilio_places(account, query.get("To"))
    spans = list(_spans(query))
    fits = [p for p in reversed(places) if all(start <= p.at < end for start, end in spans)]
    rest = [place for place in fits if before < 0 or place.offset < before]
    page, more = rest[:size], len(rest) > size
    number = _number(query.get("Page"), 0)
    path = f"/2010-04-01/Accounts/{account}/Messages.json"
    kept = {k: v for k, v in query.items() if k not in ("Page", "PageToken", "PageSize")}

    def uri(**extra: str | int) -> str:
        return f"{path}?{urlencode({**kept, 'PageSize': size, **extra})}"

    return {
        "messages": [_sent(effect) for effect in journal.fetch(page)],
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(len(page) - 1, 0),
        "uri": f"{path}?{urlencode(query)}" if query else path,
        "first_page_uri": uri(Page=0),
        "previous_page_uri": None,
        "next_page_uri": uri(Page=number + 1, PageToken=f"PA{page[-1].offset}") if more else None,
    }


def resource(effect: Effect, at: datetime, status: str) -> dict[str, Any]:
    """A message as Twilio shows it."""
    uri = f"/2010-04-01/Accounts/{effect.account}/Messages/{effect.vendor_id}"
    when = format_datetime(at)
    by_service = effect.sender.startswith("MG")
    return {
        "account_sid": effect.account,
        "api_version": "2010-04-01",
        "body": effect.text,
        "date_created": when,
        "date_sent": None if status == "queued" else when,
        "date_updated": when,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": None if by_service else effect.sender,
        "messaging_service_sid": effect.sender if by_service else None,
        "num_media": "0",
        "num_segments": str(segments(effect.text)),
        "price": None,
        "price_unit": "USD",
        "sid": effect.vendor_id,
        "status": status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": effect.to,
        "uri": f"{uri}.json",
    }


def segments(text: str) -> int:
    """How many SMS it takes; ASCII stands for GSM-7 here."""
    one, part = (160, 153) if text.isascii() else (70, 67)
    return 1 if len(text) <= one else -(-len(text) // part)


def _sent(effect: Effect) -> dict[str, Any]:
    return resource(effect, datetime.fromtimestamp(effect.at, UTC), status="sent")


def _spans(query: Mapping[str, str]) -> Iterator[tuple[float, float]]:
    """`DateSent>=day`, `DateSent<=day`, `DateSent=day`: each as a half-open span of seconds."""
    for name, value in query.items():
        if not name.startswith("DateSent"):
            continue
        day = datetime.fromisoformat(value)
        day = day if day.tzinfo else day.replace(tzinfo=UTC)
        start = day.timestamp()
        end = (day + timedelta(days=1)).timestamp() if len(value) == len("2026-01-31") else start
        match name.removeprefix("DateSent"):
            case ">":
                yield start, float("inf")
            case "<":
                yield 0, end
            case _:
                yield start, end


def _number(value: str | None, default: int) -> int:
    return int(value) if value and value.isdecimal() else default
