"""What callers see of a notification."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue
from sqlalchemy import RowMapping as Row

from models.status import MessageState, NotificationState, Phase, Result, Status, status


class AcceptedView(BaseModel):
    """A notification just accepted."""

    id: UUID
    status: Status
    due_at: datetime
    expires_at: datetime


class AttemptView(BaseModel):
    """One vendor call for a message. `outcome` null: under way, or its worker was lost."""

    n: int
    account: str
    vendor: str
    request_key: str
    retry_of: int | None
    outcome: str | None
    reason: str | None
    vendor_id: str | None
    detail: str | None
    started_at: datetime
    ended_at: datetime | None


class MessageView(BaseModel):
    """One message to one contact on one channel."""

    id: str
    channel: str
    address: str
    phase: str
    result: str | None
    reason: str | None
    receipt: str
    next_at: datetime | None
    attempts: list[AttemptView]


class EventView(BaseModel):
    """One line of the account. `seq` and `attempt` name the message and the vendor call.

    `actor_id`: the key or the member of staff who asked for it.
    """

    at: datetime
    kind: str
    reason: str | None
    seq: int | None
    attempt: int | None
    actor_id: UUID | None


class NotificationView(BaseModel):
    """A notification, its messages and attempts, and its timeline."""

    id: UUID
    status: Status
    category: str
    priority: str
    template: str | None
    template_version: int | None
    channels: list[str]
    channel_mode: str
    profile_id: UUID | None
    to: dict[str, str] = Field(description="direct addresses, by channel, in their one form")
    locale: str
    time_zone: str
    content: JsonValue = Field(description="inline content, by channel and locale; else null")
    data: dict[str, JsonValue]
    metadata: dict[str, str]
    created_at: datetime
    due_at: datetime
    expires_at: datetime
    cancelled_at: datetime | None
    ended_at: datetime | None
    workflow_id: str | None
    resend_of: UUID | None
    revision: int = Field(description="counts changes; give it back with an edit")
    messages: list[MessageView]
    timeline: list[EventView]


class CancelledView(BaseModel):
    """What a cancellation found, per message and in one word.

    `stopped`: nothing was sent, nothing will be. `handed_over`: at least one message had gone.
    `in_doubt`: a vendor has one, or may have; what it does not take is stopped.
    `already_ended`: there was nothing left to stop. Asked again, the answer is what it is by then;
    one that was stopped stays `stopped`.
    """

    id: UUID
    outcome: str
    status: Status
    messages: list[MessageView]


def notification_status(row: Row, messages: Sequence[Row]) -> Status:
    """The pure function, given rows."""
    return status(
        NotificationState(row["due_at"], row["cancelled_at"] is not None, row["end_reason"]),
        [
            MessageState(
                Phase(m["phase"]),
                Result(m["result"]) if m["result"] else None,
                m["receipt"],
                m["opened_at"] is not None,
            )
            for m in messages
        ],
        row["now"],
    )


def message_views(messages: Sequence[Row], attempts: Sequence[Row]) -> list[MessageView]:
    """Each message with its attempts."""
    return [
        MessageView(
            **{name: m[name] for name in ("id", "channel", "address", "phase", "result")},
            reason=m["reason"],
            receipt=m["receipt"],
            next_at=m["next_at"] if m["phase"] in ("queued", "unknown") else None,
            attempts=[
                AttemptView(**{name: a[name] for name in AttemptView.model_fields})
                for a in attempts
                if a["seq"] == m["seq"]
            ],
        )
        for m in messages
    ]


def notification_view(
    row: Row,
    messages: Sequence[Row],
    attempts: Sequence[Row],
    events: Sequence[Row],
) -> NotificationView:
    """The whole."""
    derived = {"status", "messages", "timeline", "workflow_id", "to"}
    return NotificationView(
        **{name: row[name] for name in NotificationView.model_fields if name not in derived},
        status=notification_status(row, messages),
        to=row["addresses"] or {},
        workflow_id=f"{row['owner_kind']}/{row['owner_id']}" if row["owner_id"] else None,
        messages=message_views(messages, attempts),
        timeline=[EventView(**{n: e[n] for n in EventView.model_fields}) for e in events],
    )


def cancel_outcome(messages: Sequence[Row], *, cancelled: bool) -> str:
    """One word for what the cancellation found."""
    if any(m["phase"] in ("sending", "unknown") or m["result"] == "unknown" for m in messages):
        return "in_doubt"
    if any(m["result"] == "sent" for m in messages):
        return "handed_over"
    return "stopped" if cancelled else "already_ended"
