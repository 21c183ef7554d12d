"""What the document shows as answers: made from its own schemas, so that no field can be missing.

A field has its model's own example, else the one below for that model, else the one for its name;
what is a model itself is made the same way, and what may be null is null, or left out. A new view
needs a line here only for texts that its fields' names do not tell.
"""

import json
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

REFERENCE = "#/components/schemas/"
ID = "0199d1c8-8f4e-7b6a-9c55-3f1f4a0e7d21"
OWNER = "0199d1c8-8f4e-7b6a-9c55-3f1f4a0e7d22"
BEGAN, ENDED, DAY_AFTER = "2030-01-31T09:00:00Z", "2030-01-31T09:00:01Z", "2030-02-01T09:00:00Z"
HASH = "5b1f7c0e" * 8

# By the name of a field, whatever model it is of.
WORDS: dict[str, Any] = {
    "account": "shop-smtp",
    "action": "vendor.pause",
    "address": "ada@example.com",
    "approver": "grace",
    "by": "grace",
    "category": "transactional",
    "channel": "email",
    "channel_mode": "all",
    "channels": ["email"],
    "code": "unknown_variable",
    "content_hash": HASH,
    "created_by": "the shop's team",
    "data": {"name": "Ada"},
    "description": "everyone who builds",
    "detail": "no value for {{ order }}",
    "due_at": BEGAN,
    "ended_at": ENDED,
    "expires_at": DAY_AFTER,
    "external_id": "4711",
    "field": "data.order",
    "hash": HASH,
    "html": "<p>Hello Ada</p>",
    "key": "td_5sQv0cZ8yTgk2ZJtXn4mBqLwRaHdUeFi7o",
    "lapses_at": DAY_AFTER,
    "last_four": "Fi7o",
    "locale": "en",
    "metadata": {"order": "4711"},
    "name": "shop",
    "old_key_until": DAY_AFTER,
    "owner": "the shop's team",
    "priority": "medium",
    "scopes": ["notifications:send", "notifications:read"],
    "status": "sent",
    "subject": "Welcome, Ada",
    "template": "welcome",
    "text": "Hello Ada",
    "time_zone": "Europe/Berlin",
    "types": {"order": "string"},
    "variables": ["order"],
    "vendor": "smtp",
    "workflow_id": f"notification/{OWNER}",
}
# What a field says in this model alone; of a field that is a model, what is not as it is elsewhere.
OF: dict[str, dict[str, Any]] = {
    "ActorView": {"kind": "key", "id": ID, "name": "the shop's team"},
    "AcceptedView": {"status": "accepted"},
    "ApprovalView": {"decision": "approved", "reason": "", "via": "api"},
    "AttemptView": {
        "n": 1,
        "outcome": "accepted",
        "reason": "",
        "request_key": f"{OWNER}.1",
        "vendor_id": "F16198FEC88D1367",
        "detail": "",
        "ended_at": ENDED,
    },
    "AuditEntryView": {"number": 4711, "detail": {}},
    "AudienceView": {
        "people": 15_000,
        "suppressed": 12,
        "without_contact": 3,
        "sample": [{"line": 1, "to": "ada@example.com", "name": "Ada", "locale": "en", "data": {}}],
    },
    "BatchView": {"accepted": 1, "batches": {"medium": OWNER}},
    "CampaignView": {
        "name": "Spring news",
        "status": "scheduled",
        "reason": "",
        "audience": {"audience_id": ID},
        "people": 15_000,
        "duplicates": 0,
        "expires_in": 259_200.0,
        "content": None,
        "approvals_needed": 1,
        "authors": ["the shop's team"],
        "submitted_by": "the shop's team",
        "submitted_at": BEGAN,
        "approved_at": BEGAN,
        "send_at": DAY_AFTER,
        "ended_at": None,
        "problems": [],
        "workflow_id": f"campaign/{ID}",
    },
    "CancelView": {"status": "cancelled", "stopped": 14_000, "handed_over": 999, "in_doubt": 1},
    "CancelledView": {"outcome": "handed_over", "status": "sent"},
    "CategoryView": {"name": "transactional", "expires_after": 86_400, "on_unknown": "resend"},
    "CodeView": {"code": "7GQ2-M4XK-9TRW", "workflow_id": f"campaign/{ID}"},
    "DiffView": {"variables_added": ["order"]},
    "EventLine": {"id": 1, "kind": "submitted", "detail": {}},
    "EventView": {"kind": "sent", "reason": "", "seq": 1, "attempt": 1},
    "GroupRefView": {"name": "engineers"},
    "GroupView": {"name": "engineers", "members": 12, "revision": 1},
    "ItemView": {"status": "accepted", "id": ID},
    "MembersBulkView": {"lines": 3, "added": 2, "members": 12, "refused": 1},
    "MembersView": {"added": 2, "removed": 1, "members": 12, "unknown": ["4714"]},
    "MergedView": {"external_id": "old-4711"},
    "MessagePreview": {"segments": None, "warnings": []},
    "MessageView": {
        "id": f"{OWNER}.1",
        "phase": "ended",
        "result": "sent",
        "reason": "",
        "receipt": "none",
    },
    "NotificationView": {
        "status": "sent",
        "template_version": 1,
        "to": {"email": "ada@example.com"},
        "content": None,
    },
    "OffHoursView": {"begins": "20:00", "ends": "06:00"},
    "PartDiffView": {
        "locale": "default",
        "part": "text",
        "change": "changed",
        "diff": "--- 1\n+++ 2\n@@ -1 +1 @@\n-Hello\n+Hello {{ order }}\n",
    },
    "ProfileDeletedView": {"stopped": 2, "under_way": 1},
    "ProfileView": {"name": "Ada Lovelace", "revision": 1},
    "ProgressView": {
        "status": "running",
        "people": 15_000,
        "counts": {"queued": 14_000, "sent": 999, "refused": 1},
        "reasons": {"refused": {"unknown_recipient": 1}},
        "per_second": 120.0,
        "estimated_end": DAY_AFTER,
    },
    "PublishLine": {"version": 1, "kind": "published"},
    "RateView": {"per_second": 20.0, "reserve": 0.2},
    "ReadyView": {"status": "ready", "database": "ok", "partitions": 14},
    "RefusalLine": {
        "line": 2,
        "field": "external_id",
        "reason": "unknown_profile",
        "detail": "no profile has this external id",
    },
    "RenderedView": {"line": 1, "to": "ada@example.com", "problem": None},
    "ReportView": {
        "status": "completed",
        "people": 15_000,
        "counts": {"sent": 14_999, "refused": 1},
        "reasons": {"refused": {"unknown_recipient": 1}},
        "campaign": {"status": "completed", "started_at": BEGAN, "ended_at": ENDED},
        "seconds": 125.0,
    },
    "SubjectView": {"kind": "vendor_account", "id": ID},
    "SuppressionView": {"reason": "bounced", "note": "the post office says so"},
    "TemplateLine": {"name": "order-sent", "published": 1, "latest": 1},
    "TemplateView": {"name": "order-sent", "published": 1, "latest": 1},
    "TestSentView": {"notifications": [ID]},
    "VendorAccountLine": {"name": "shop-smtp", "state": "open", "rank": 1, "revision": 1},
    "VendorAccountView": {
        "name": "shop-smtp",
        "state": "open",
        "rank": 1,
        "revision": 1,
        "config": {"host": "smtp.example.com", "port": 587, "password": "***"},
    },
    "VendorErrorView": {
        "outcome": "refused",
        "scope": "recipient",
        "reason": "unknown_recipient",
        "count": 3,
        "last_at": BEGAN,
        "detail": "550 5.1.1 no such user",
    },
    "VersionLine": {"number": 1, "published_at": BEGAN},
    "VersionView": {"number": 1, "content": {"sms": {"default": {"text": "Order {{ order }}"}}}},
    "WarningView": {"code": "no_text_part", "field": "content.email", "detail": "it has no text"},
}
NOTHING: dict[str, Any] = {"object": {}, "integer": 0, "number": 0.0, "boolean": False}
# By the path of a stream: the name of its events, and the model of their data.
STREAMS = {
    "/v1/notifications/{notification_id}/events": ("timeline", "4711-3", "EventView"),
    "/v1/campaigns/{campaign_id}/progress/stream": ("progress", "", "ProgressView"),
}


def show(path: str, answer: dict[str, Any], schemas: Mapping[str, Schema]) -> None:
    """Give this answer of an operation its example, if it has a body and none yet."""
    for type, content in answer.get("content", {}).items():
        if type == "text/event-stream":
            content["example"] = _event(*STREAMS[path], schemas)
        elif "example" not in content:
            content["example"] = example(content["schema"], schemas)


def _event(name: str, id: str, model: str, schemas: Mapping[str, Schema]) -> str:
    data = json.dumps(example({"$ref": REFERENCE + model}, schemas))
    return (f"id: {id}\n" if id else "") + f"event: {name}\ndata: {data}\n\n"


def example(schema: Schema, schemas: Mapping[str, Schema]) -> Any:
    """One value as this schema has it."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REFERENCE)
        return _of_model(name, schemas[name], schemas)
    if "anyOf" in schema:
        model = next((each for each in schema["anyOf"] if "$ref" in each), None)
        return example(model, schemas) if model else None
    if schema.get("type") == "array":
        items = schema.get("items", {})
        return [example(items, schemas)] if "$ref" in items else []
    return _plain(schema)


def _plain(schema: Schema) -> Any:
    for shown in ("examples", "enum"):
        if shown in schema:
            return schema[shown][0]
    kind = schema.get("format") or schema.get("type", "")
    return {"date-time": BEGAN, "uuid": ID, "string": "", **NOTHING}.get(kind)


def _of_model(name: str, model: Schema, schemas: Mapping[str, Schema]) -> Any:
    if "properties" not in model:
        return _plain(model)
    # FastAPI leaves out what is null in a model's own example.
    own = {**OF.get(name, {}), **(model.get("examples") or [{}])[0]}
    made = {
        field: own[field] if field in own else _of_field(field, schema, schemas)
        for field, schema in model["properties"].items()
    }
    for field, part in model["properties"].items():
        if field in own and "$ref" in part and isinstance(own[field], dict):
            made[field] = {**example(part, schemas), **own[field]}
    needed = model.get("required", ())
    return {field: value for field, value in made.items() if field in needed or value is not None}


def _of_field(name: str, schema: Schema, schemas: Mapping[str, Schema]) -> Any:
    if "examples" in schema or "$ref" in schema or name not in WORDS:
        return example(schema, schemas)
    return WORDS[name]
