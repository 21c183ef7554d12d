"""What the campaign forms say, as the API's own bodies."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from api.campaign_bodies import CampaignCreate, CampaignPatch
from api.console.forms import FormFields, validated
from models.errors import Invalid
from models.messages import Channel
from models.repositories.campaigns import Row

PARTS = {"email": ("subject", "html", "text"), "webhook": ("body",)}
HOUR_SECONDS = 3600


def created(fields: FormFields, zone: ZoneInfo, audience: Mapping[str, Any]) -> CampaignCreate:
    """A new draft."""
    values = _common(fields, zone) | {"channel": fields.get("channel"), "audience": audience}
    values |= _speech(fields, fields.get("channel", ""))
    return validated(CampaignCreate, {n: v for n, v in values.items() if v is not None})


def changed(fields: FormFields, zone: ZoneInfo, campaign: Row) -> CampaignPatch:
    """All that the form has; a template that stays keeps its version too."""
    values = _common(fields, zone)
    speech = _speech(fields, campaign["channel"])
    if campaign["template"] is None or speech != {"template": campaign["template"]}:
        values |= speech
    return validated(CampaignPatch, values)


def audience_of(fields: FormFields) -> Mapping[str, Any] | None:
    """Whom, but for an upload, whose file comes later: None."""
    match fields.get("audience", "upload"):
        case "group":
            return {"group": fields.wanted("group")}
        case "everyone":
            return {"everyone": True}
        case "written":
            lines = fields.wanted("recipients").splitlines()
            return {"recipients": [_recipient(line) for line in lines if line.strip()]}
    return None


def channel_of(fields: FormFields) -> str:
    """By its name."""
    try:
        return Channel(fields.wanted("channel")).value
    except ValueError:
        raise Invalid("no such channel", field="channel", reason="unknown_channel") from None


def _common(fields: FormFields, zone: ZoneInfo) -> dict[str, Any]:
    hours = fields.number("expires_in_hours")
    return {
        "name": fields.wanted("name").strip(),
        "category": fields.wanted("category"),
        "send_at": _time(fields, zone),
        "off_hours": "off_hours" in fields,
        "per_second": fields.number("per_second"),
        "expires_in": int(hours * HOUR_SECONDS) if hours else None,
        "canary": _canary(fields),
        "data": _data(fields),
    }


def _recipient(line: str) -> dict[str, str]:
    to, _, name = line.partition(",")
    return {"to": to.strip()} | ({"name": name.strip()} if name.strip() else {})


def _speech(fields: FormFields, channel: str) -> dict[str, Any]:
    if "template" in fields:
        return {"template": fields["template"]}
    parts = {part: fields[part] for part in PARTS.get(channel, ("text",)) if part in fields}
    if not parts:
        detail = "choose a template, or write what it says"
        raise Invalid(detail, field="template", reason="missing")
    return {"content": {channel: parts}}


def _canary(fields: FormFields) -> dict[str, float] | None:
    percent = fields.number("canary_percent")
    if percent is None:
        return None
    most = fields.number("canary_failures")
    return {"percent": percent} | ({} if most is None else {"most_failures_percent": most})


def _time(fields: FormFields, zone: ZoneInfo) -> str | None:
    if "send_at" not in fields:
        return None
    try:
        here = datetime.fromisoformat(fields["send_at"]).replace(tzinfo=zone)
    except ValueError:
        raise Invalid("want a day and a time", field="send_at", reason="not_a_time") from None
    return here.isoformat()


def _data(fields: FormFields) -> Any:
    try:
        return orjson.loads(fields.get("data", "{}"))
    except orjson.JSONDecodeError:
        detail = 'want a JSON object, such as {"season": "spring"}'
        raise Invalid(detail, field="data", reason="not_json") from None
