"""What is sent and what comes back, as the API's document says. Written by `make sdk`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict
from uuid import UUID


class AcceptedView(TypedDict):
    """A notification just accepted."""

    id: str
    status: Status
    due_at: str
    expires_at: str


class AccountRate(TypedDict):
    """How many messages a second it is given; low priority leaves the share `reserve` to others."""

    per_second: float
    reserve: NotRequired[float]


class ActorView(TypedDict):
    """Who did it. `name`: a key's owner, an email of the staff, the user who gave a command."""

    kind: Literal["key", "staff", "cli", "system"]
    id: str | None
    name: str


class ApplicationCreate(TypedDict):
    """An application and its first key, which can do no more than your own."""

    name: str
    time_zone: NotRequired[str]
    off_hours: NotRequired[OffHours | None]
    requests_per_second: NotRequired[float | None]
    key: KeyCreate


class ApplicationPage(TypedDict):
    """Applications by name."""

    items: list[ApplicationView]
    next: str | None


class ApplicationPatch(TypedDict):
    """What shall change."""

    name: NotRequired[str | None]
    time_zone: NotRequired[str | None]
    off_hours: NotRequired[OffHours | None]
    requests_per_second: NotRequired[float | None]


class ApplicationView(TypedDict):
    """An application: who sends."""

    id: str
    name: str
    time_zone: str
    off_hours: OffHoursView
    requests_per_second: float | None
    created_at: str


class Approval(TypedDict):
    """Of what you have seen."""

    hash: str


class ApprovalView(TypedDict):
    """One decision on the campaign as it is now."""

    approver: str
    decision: str
    reason: str
    via: str
    at: str


class AttemptView(TypedDict):
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
    started_at: str
    ended_at: str | None


class Audience(TypedDict):
    """Whom: an upload, up to 10,000 people inline, a group, or everyone."""

    audience_id: NotRequired[UUID | str | None]
    recipients: NotRequired[Sequence[Recipient] | None]
    group: NotRequired[str | None]
    everyone: NotRequired[bool]


class AudienceCreate(TypedDict):
    """What will be uploaded."""

    channel: Channel
    format: NotRequired[Literal["csv", "ndjson"]]
    name: NotRequired[str]


class AudienceDetailView(TypedDict):
    """An audience. `offset`: how many bytes of an upload are stored, in `lines` whole lines."""

    id: str
    state: Literal["receiving", "complete"]
    kind: str
    channel: str
    format: str | None
    name: str
    offset: int
    lines: int
    rows: int
    refused: int
    reasons: dict[str, int]
    without_contact: int
    created_by: str
    created_at: str
    completed_at: str | None


class AudiencePersonView(TypedDict):
    """A row of the audience, as it is stored."""

    line: int
    to: str
    id: str
    name: str
    locale: str
    time_zone: str
    data: dict[str, JsonValue]


class AudienceSampleView(TypedDict):
    """Some of the audience, from its first row to its last."""

    people: list[AudiencePersonView]


class AudienceView(TypedDict):
    """How many a submission would count now, each contact once, and some of them."""

    people: int
    suppressed: int
    without_contact: int
    duplicates: int
    sample: list[dict[str, JsonValue]]


class AuditEntryView(TypedDict):
    """One entry. Numbers are without gaps over all applications."""

    number: int
    at: str
    actor: ActorView
    action: str
    subject: SubjectView
    detail: dict[str, JsonValue]


class AuditPage(TypedDict):
    """Entries, the newest first."""

    items: list[AuditEntryView]
    next: str | None


class BatchCreate(TypedDict):
    """The items; each is checked by itself, so a bad one does not hold up the others."""

    items: Sequence[BatchItem]


class BatchItem(TypedDict):
    """A notification of a batch. One dedupe key is accepted once in seven days."""

    to: To
    template: NotRequired[str | None]
    content: NotRequired[Content | None]
    data: NotRequired[Mapping[str, JsonValue]]
    category: NotRequired[str | None]
    channels: NotRequired[Sequence[Channel] | None]
    channel_mode: NotRequired[Literal["all", "first"] | None]
    priority: NotRequired[Literal["high", "medium", "low"] | None]
    send_at: NotRequired[datetime | str | None]
    expires_in: NotRequired[int | None]
    metadata: NotRequired[Mapping[str, str]]
    dedupe_key: NotRequired[str | None]


class BatchView(TypedDict):
    """Counts, the owners by priority (each is one workflow `batch/<id>`), and every item."""

    accepted: int
    duplicates: int
    refused: int
    batches: dict[str, str]
    items: list[ItemView]


class BulkView(TypedDict):
    """What became of the lines. `refusals`: the first of them, `refused` counts all."""

    lines: int
    created: int
    updated: int
    unchanged: int
    refused: int
    refusals: list[RefusalLine]


class CampaignCreate(TypedDict):
    """A draft. Nothing is sent before it is submitted and somebody else approves it."""

    template: NotRequired[str | None]
    content: NotRequired[Content | None]
    data: NotRequired[Mapping[str, JsonValue]]
    category: NotRequired[str | None]
    send_at: NotRequired[datetime | str | None]
    off_hours: NotRequired[bool]
    per_second: NotRequired[float | None]
    expires_in: NotRequired[int | None]
    canary: NotRequired[Canary | None]
    approval_within: NotRequired[int]
    metadata: NotRequired[Mapping[str, str]]
    name: str
    channel: Channel
    audience: Audience


class CampaignPage(TypedDict):
    """Some campaigns, the newest first; `next` is the cursor of the following page."""

    items: list[CampaignView]
    next: str | None


class CampaignPatch(TypedDict):
    """What changes; the rest stays. The channel does not change: duplicate it instead."""

    template: NotRequired[str | None]
    content: NotRequired[Content | None]
    data: NotRequired[Mapping[str, JsonValue]]
    category: NotRequired[str | None]
    send_at: NotRequired[datetime | str | None]
    off_hours: NotRequired[bool]
    per_second: NotRequired[float | None]
    expires_in: NotRequired[int | None]
    canary: NotRequired[Canary | None]
    approval_within: NotRequired[int]
    metadata: NotRequired[Mapping[str, str]]
    name: NotRequired[str | None]
    audience: NotRequired[Audience | None]


CampaignStatus: TypeAlias = Literal[
    "draft",
    "validating",
    "invalid",
    "pending_approval",
    "rejected",
    "lapsed",
    "scheduled",
    "running",
    "paused",
    "completed",
    "cancelled",
]


class CampaignView(TypedDict):
    """A campaign. `content_hash` is what an approval is bound to; null until it is validated."""

    id: str
    name: str
    status: CampaignStatus
    reason: str
    channel: str
    category: str
    template: str | None
    content: JsonValue | None
    data: dict[str, JsonValue]
    audience: dict[str, JsonValue]
    people: int | None
    duplicates: int | None
    send_at: str | None
    off_hours: bool
    per_second: float | None
    expires_in: float
    canary: dict[str, JsonValue] | None
    metadata: dict[str, str]
    revision: int
    content_hash: str | None
    approvals_needed: int | None
    approvals: list[ApprovalView]
    problems: list[ProblemView]
    authors: list[str]
    created_by: str
    submitted_by: str | None
    created_at: str
    submitted_at: str | None
    lapses_at: str | None
    approved_at: str | None
    started_at: str | None
    ended_at: str | None
    archived_at: str | None
    copy_of: str | None
    workflow_id: str


class Canary(TypedDict):
    """The first ones go alone; the campaign pauses if more than so many of them failed."""

    percent: NotRequired[float]
    most_failures_percent: NotRequired[float]


class CancelView(TypedDict):
    """What a cancellation found: stopped, already handed over, in doubt."""

    status: CampaignStatus
    stopped: int
    handed_over: int
    in_doubt: int


class CancelledView(TypedDict):
    """What a cancellation found, per message and in one word."""

    id: str
    outcome: str
    status: Status
    messages: list[MessageView]


class CategoryCreate(TypedDict):
    """What kind of notification, and what follows from it."""

    name: str
    priority: Literal["high", "medium", "low"]
    priority_fixed: NotRequired[bool]
    channels: Sequence[Channel]
    channel_mode: NotRequired[Literal["all", "first"]]
    mandatory: NotRequired[bool]
    expires_after: int
    on_unknown: NotRequired[Literal["resend", "hold"]]


class CategoryPage(TypedDict):
    """Some of them; `next`: the cursor of the page behind."""

    items: list[CategoryView]
    next: str | None


class CategoryPatch(TypedDict):
    """What changes, for what is accepted from now on; the rest stays."""

    priority: NotRequired[Literal["high", "medium", "low"] | None]
    priority_fixed: NotRequired[bool | None]
    channels: NotRequired[Sequence[Channel] | None]
    channel_mode: NotRequired[Literal["all", "first"] | None]
    mandatory: NotRequired[bool | None]
    expires_after: NotRequired[int | None]
    on_unknown: NotRequired[Literal["resend", "hold"] | None]


class CategoryView(TypedDict):
    """A category; `expires_after` in seconds."""

    name: str
    priority: str
    priority_fixed: bool
    channels: list[str]
    channel_mode: str
    mandatory: bool
    expires_after: int
    on_unknown: str
    created_at: str


Channel: TypeAlias = Literal["email", "sms", "telegram", "webhook"]


class CodeView(TypedDict):
    """A one-time code for a signal; for this approver and this hash alone."""

    approver: str
    hash: str
    code: str
    workflow_id: str
    lapses_at: str


class ContactCreate(TypedDict):
    """An address; without a rank it comes after the others of its channel."""

    channel: Channel
    address: str | int
    rank: NotRequired[int | None]


class ContactPatch(TypedDict):
    """Its new rank."""

    rank: int


class ContactView(TypedDict):
    """One address. `suppressed`: nothing is sent to it, and why."""

    id: str
    channel: str
    address: str
    rank: int
    suppressed: str | None
    created_at: str


class Content(TypedDict):
    """Inline content, by channel."""

    email: NotRequired[EmailContent | None]
    sms: NotRequired[TextContent | None]
    telegram: NotRequired[TextContent | None]
    webhook: NotRequired[WebhookContent | None]


class DiffView(TypedDict):
    """What differs between two versions; `types` of variables are in it by name, old and new."""

    items: list[PartDiffView]
    variables_added: list[str]
    variables_removed: list[str]
    types_changed: dict[str, list[str | None]]


class EmailContent(TypedDict):
    """Inline content of an email; templates' language in every part."""

    subject: str
    html: NotRequired[str | None]
    text: NotRequired[str | None]


class EventLine(TypedDict):
    """One line of a campaign's account."""

    id: int
    at: str
    kind: str
    reason: str | None
    by: str | None
    detail: dict[str, JsonValue]


class EventPage(TypedDict):
    """Its account from the beginning; `next`: the cursor of what follows."""

    items: list[EventLine]
    next: int | None


class EventView(TypedDict):
    """One line of the account. `seq` and `attempt` name the message and the vendor call."""

    at: str
    kind: str
    reason: str | None
    seq: int | None
    attempt: int | None
    actor_id: str | None


class GroupCreate(TypedDict):
    """A named set of profiles; a campaign names it as its audience."""

    name: str
    description: NotRequired[str]


class GroupPage(TypedDict):
    """A page of them; `next`: the cursor of the page after."""

    items: list[GroupView]
    next: str | None


class GroupPatch(TypedDict):
    """What changes; the rest stays."""

    revision: int
    name: NotRequired[str | None]
    description: NotRequired[str | None]


class GroupRefView(TypedDict):
    """A group it is in."""

    id: str
    name: str


class GroupView(TypedDict):
    """A group, and how many are in it."""

    id: str
    name: str
    description: str
    members: int
    revision: int
    created_at: str
    updated_at: str


class ItemView(TypedDict):
    """What became of one item. `duplicate`: its dedupe key was accepted before, as `id`."""

    index: int
    status: Literal["accepted", "duplicate", "refused"]
    id: NotRequired[str | None]
    problem: NotRequired[dict[str, Any] | None]


JsonValue: TypeAlias = "Any"


class KeyCreate(TypedDict):
    """A key of your application: with scopes of your own key, and no later end."""

    name: str
    owner: str
    scopes: Sequence[str]
    expires_at: NotRequired[datetime | str | None]
    requests_per_second: NotRequired[float | None]


class KeyPage(TypedDict):
    """Keys, the newest first."""

    items: list[KeyView]
    next: str | None


class KeyRotate(TypedDict):
    """How long the old key works beside the new one, and until when the new one."""

    overlap_seconds: NotRequired[int]
    expires_at: NotRequired[datetime | str | None]


class KeyView(TypedDict):
    """A key by its last four characters; those it was rotated into share its `lineage_id`."""

    id: str
    lineage_id: str
    name: str
    owner: str
    last_four: str
    scopes: list[str]
    state: Literal["live", "expired", "revoked"]
    requests_per_second: float | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class ListedNotification(TypedDict):
    """One line of the list; `GET /v1/notifications/{id}` has the rest."""

    id: str
    status: Status
    reason: str | None
    category: str
    priority: str
    channels: list[str]
    profile: ListedProfile | None
    due_at: str
    created_at: str
    ended_at: str | None
    metadata: dict[str, str]
    resend_of: str | None


class ListedProfile(TypedDict):
    """Whom it is for. `external_id` null: the profile was deleted."""

    id: str
    external_id: str | None


class MembersBulkView(TypedDict):
    """What changed, and which lines were refused: the first of them, `refused` counts all."""

    lines: int
    added: int
    removed: int
    members: int
    refused: int
    refusals: list[RefusalLine]


class MembersChange(TypedDict):
    """Who comes and who goes, by `external_id`."""

    add: NotRequired[Sequence[str]]
    remove: NotRequired[Sequence[str]]


class MembersReplace(TypedDict):
    """These, and nobody else."""

    external_ids: Sequence[str]


class MembersView(TypedDict):
    """What changed. `unknown`: external ids of no profile; all others are as was asked."""

    added: int
    removed: int
    members: int
    unknown: list[str]


class MergedView(TypedDict):
    """One that was merged into it: its ids still lead here."""

    id: str
    external_id: str


class MessagePreview(TypedDict):
    """One message as it would be sent; `locale`: the one that was chosen."""

    channel: str
    locale: str
    subject: str
    html: str
    text: str
    segments: SegmentsView | None
    warnings: list[WarningView]


class MessageView(TypedDict):
    """One message to one contact on one channel."""

    id: str
    channel: str
    address: str
    phase: str
    result: str | None
    reason: str | None
    receipt: str
    next_at: str | None
    attempts: list[AttemptView]


class NewApplicationView(TypedDict):
    """A new application, and its first key, which is shown now and never again."""

    id: str
    name: str
    time_zone: str
    off_hours: OffHoursView
    requests_per_second: float | None
    created_at: str
    key: NewKeyView


class NewKeyView(TypedDict):
    """A new key, which is shown now and never again."""

    id: str
    lineage_id: str
    name: str
    owner: str
    last_four: str
    scopes: list[str]
    state: Literal["live", "expired", "revoked"]
    requests_per_second: float | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    key: str


class NotificationCreate(TypedDict):
    """What to tell whom, how, and until when."""

    to: To
    template: NotRequired[str | None]
    content: NotRequired[Content | None]
    data: NotRequired[Mapping[str, JsonValue]]
    category: NotRequired[str | None]
    channels: NotRequired[Sequence[Channel] | None]
    channel_mode: NotRequired[Literal["all", "first"] | None]
    priority: NotRequired[Literal["high", "medium", "low"] | None]
    send_at: NotRequired[datetime | str | None]
    expires_in: NotRequired[int | None]
    metadata: NotRequired[Mapping[str, str]]


class NotificationPage(TypedDict):
    """Newest first; it ends where `next` is null. A page may have fewer than `limit`, even none."""

    items: list[ListedNotification]
    next: str | None


class NotificationPatch(TypedDict):
    """What shall be otherwise. Whatever is left out stays as it is."""

    send_at: NotRequired[datetime | str | None]
    expires_in: NotRequired[int | None]
    data: NotRequired[Mapping[str, JsonValue] | None]
    content: NotRequired[Content | None]
    metadata: NotRequired[Mapping[str, str] | None]
    channels: NotRequired[Sequence[Channel] | None]
    priority: NotRequired[Literal["high", "medium", "low"] | None]
    revision: NotRequired[int | None]


class NotificationView(TypedDict):
    """A notification, its messages and attempts, and its timeline."""

    id: str
    status: Status
    category: str
    priority: str
    template: str | None
    template_version: int | None
    channels: list[str]
    channel_mode: str
    profile_id: str | None
    to: dict[str, str]
    locale: str
    time_zone: str
    content: JsonValue
    data: dict[str, JsonValue]
    metadata: dict[str, str]
    created_at: str
    due_at: str
    expires_at: str
    cancelled_at: str | None
    ended_at: str | None
    workflow_id: str | None
    resend_of: str | None
    revision: int
    messages: list[MessageView]
    timeline: list[EventView]


class OffHours(TypedDict):
    """From and to, by the application's clock; a window that begins where it ends never opens."""

    begins: str
    ends: str


class OffHoursView(TypedDict):
    """By the application's clock."""

    begins: str
    ends: str


class PartDiffView(TypedDict):
    """One part that differs: `added`, `removed` or `changed`."""

    channel: str
    locale: str
    part: str
    change: str
    diff: str


class Preview(TypedDict):
    """For how many of the audience."""

    size: NotRequired[int]


class PreviewAsked(TypedDict):
    """Of which version (else the newest), or of which content, with which data."""

    channel: Channel
    locale: NotRequired[str]
    data: NotRequired[Mapping[str, JsonValue]]
    version: NotRequired[int | None]
    content: NotRequired[Mapping[str, Mapping[str, Mapping[str, str]]] | None]
    variables: NotRequired[
        Mapping[str, Literal["string", "number", "boolean", "list", "object", "any"]] | None
    ]


class PreviewView(TypedDict):
    """Some of the audience, from its first to its last."""

    items: list[RenderedView]


class Problem(TypedDict):
    """What went wrong (RFC 9457). `code` is stable; nothing that was sent is repeated."""

    type: str
    title: str
    status: int
    code: str
    detail: NotRequired[str | None]
    field: NotRequired[str | None]
    limit: NotRequired[int | float | str | None]
    published: NotRequired[int | None]
    used_by: NotRequired[list[dict[str, str]] | None]


class ProblemView(TypedDict):
    """What validation found; `line`: of the audience's row that cannot be rendered."""

    code: str
    field: str
    detail: str
    line: NotRequired[int | None]


class ProfileCreate(TypedDict):
    """A person who receives."""

    name: NotRequired[str | None]
    locale: NotRequired[str | None]
    time_zone: NotRequired[str | None]
    metadata: NotRequired[Mapping[str, str] | None]
    external_id: str
    contacts: NotRequired[Sequence[ContactCreate] | None]


class ProfileDeletedView(TypedDict):
    """What was on its way to it. All of it is cancelled, with the reason `profile_deleted`."""

    id: str
    stopped: int
    under_way: int


class ProfileMerge(TypedDict):
    """Which profile stays: our id, or `ext:` and yours."""

    into: str


class ProfilePage(TypedDict):
    """A page of them; `next`: the cursor of the page after."""

    items: list[ProfileView]
    next: str | None


class ProfilePatch(TypedDict):
    """What changes; the rest stays. `metadata` is replaced as a whole."""

    name: NotRequired[str | None]
    locale: NotRequired[str | None]
    time_zone: NotRequired[str | None]
    metadata: NotRequired[Mapping[str, str] | None]
    revision: int
    external_id: NotRequired[str | None]


class ProfileView(TypedDict):
    """A profile, with its contacts, the one that is told first, and its groups."""

    id: str
    external_id: str
    name: str
    locale: str
    time_zone: str
    metadata: dict[str, str]
    contacts: list[ContactView]
    groups: list[GroupRefView]
    merged: list[MergedView]
    revision: int
    created_at: str
    updated_at: str


class ProgressView(TypedDict):
    """How far it is. `counts` sum up to `people`; `reasons` say why, by result."""

    status: CampaignStatus
    people: int
    counts: dict[str, int]
    reasons: dict[str, dict[str, int]]
    per_second: float
    estimated_end: str | None
    at: str


class Publish(TypedDict):
    """On what condition."""

    expected_published: NotRequired[int | None]


class PublishLine(TypedDict):
    """One publish (`published`) or roll-back (`rolled_back`)."""

    version: int
    kind: str
    by: str
    at: str


class Rate(TypedDict):
    """Null: as fast as the account allows."""

    per_second: float | None


class RateView(TypedDict):
    """Messages a second, and the share of them that low priority leaves to others."""

    per_second: float
    reserve: float


class ReadyView(TypedDict):
    """Each part in a word. Temporal is not among them: acceptance does not need it."""

    status: Literal["ready", "warning", "unavailable"]
    database: Literal["ok", "away", "not_migrated"]
    partitions: NotRequired[int | None]


class Recipient(TypedDict):
    """One of an inline audience."""

    to: str
    id: NotRequired[str]
    name: NotRequired[str]
    locale: NotRequired[str]
    time_zone: NotRequired[str]
    data: NotRequired[Mapping[str, JsonValue]]


class RefusalLine(TypedDict):
    """Why a line is not stored; an empty `field`: the line as a whole."""

    line: int
    field: str
    reason: str
    detail: str


class RefusalView(TypedDict):
    """Why a line is not in the audience; an empty `field`: the line as a whole."""

    line: int
    field: str
    reason: str
    detail: str


class RefusalsView(TypedDict):
    """A page of them, by line. `next`: the `after` of the next page; null on the last."""

    refusals: list[RefusalView]
    next: int | None


class Rejection(TypedDict):
    """And why not."""

    hash: str
    reason: str


class RenderedView(TypedDict):
    """One of the audience as it would be sent, or why it cannot be."""

    line: int
    to: str
    subject: NotRequired[str]
    html: NotRequired[str]
    text: NotRequired[str]
    problem: NotRequired[ProblemView | None]


class ReportView(TypedDict):
    """What became of an ended campaign."""

    status: CampaignStatus
    people: int
    counts: dict[str, int]
    reasons: dict[str, dict[str, int]]
    per_second: float
    estimated_end: str | None
    at: str
    campaign: CampaignView
    seconds: float | None


class ResendCreate(TypedDict):
    """What is otherwise this time; `{}` is the same again."""

    template_version: NotRequired[Literal["same", "published"]]
    send_at: NotRequired[datetime | str | None]
    expires_in: NotRequired[int | None]


class RollBack(TypedDict):
    """To which version; without one, to what was published before."""

    expected_published: NotRequired[int | None]
    version: NotRequired[int | None]


class RotatedKeyView(TypedDict):
    """The new key; the one it replaces works until `old_key_until`."""

    id: str
    lineage_id: str
    name: str
    owner: str
    last_four: str
    scopes: list[str]
    state: Literal["live", "expired", "revoked"]
    requests_per_second: float | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    key: str
    old_key_until: str


class SegmentsView(TypedDict):
    """What an SMS costs: septets or UTF-16 units, and the segments that are billed."""

    encoding: str
    units: int
    count: int


Status: TypeAlias = Literal[
    "accepted",
    "scheduled",
    "processing",
    "sent",
    "delivered",
    "opened",
    "failed",
    "suppressed",
    "expired",
    "cancelled",
    "unknown",
]


class SubjectView(TypedDict):
    """What it was done to."""

    kind: str
    id: str


class SuppressionCreate(TypedDict):
    """An address that nothing is sent to any more."""

    channel: Channel
    address: str | int
    reason: SuppressionReason
    note: NotRequired[str]


class SuppressionPage(TypedDict):
    """A page of them; `next`: the cursor of the page after."""

    items: list[SuppressionView]
    next: str | None


SuppressionReason: TypeAlias = Literal["requested", "complained", "bounced", "legal", "manual"]


class SuppressionView(TypedDict):
    """A suppression. `created_by`: a key's owner or one of the staff; null: a vendor refused."""

    id: str
    channel: str
    address: str
    reason: str
    note: str
    created_by: str | None
    created_at: str


class TemplateCreate(TypedDict):
    """A template and its first version."""

    content: Mapping[str, Mapping[str, Mapping[str, str]]]
    variables: NotRequired[
        Mapping[str, Literal["string", "number", "boolean", "list", "object", "any"]] | None
    ]
    name: str
    category: NotRequired[str | None]


class TemplateLine(TypedDict):
    """A template in a list: `published` and `latest` are numbers of versions."""

    name: str
    category: str | None
    published: int | None
    latest: int
    channels: list[str]
    created_at: str
    changed_at: str
    archived_at: str | None


class TemplatePage(TypedDict):
    """Some of them; `next`: the cursor of the page behind."""

    items: list[TemplateLine]
    next: str | None


class TemplatePatch(TypedDict):
    """The category it is in; null: none."""

    category: str | None


class TemplateView(TypedDict):
    """A template, its 100 newest versions and publishes."""

    name: str
    category: str | None
    published: int | None
    latest: int
    channels: list[str]
    created_at: str
    changed_at: str
    archived_at: str | None
    versions: list[VersionLine]
    publishes: list[PublishLine]


class TestSend(TypedDict):
    """To whom, with the data of which line of the audience."""

    to: Sequence[str]
    data: NotRequired[Mapping[str, JsonValue]]


class TestSentView(TypedDict):
    """The notifications that were accepted."""

    notifications: list[str]


class TextContent(TypedDict):
    """Inline content of an SMS or a Telegram message."""

    text: str


class To(TypedDict):
    """Whom to tell: a profile by its id or your id for it, or direct addresses."""

    profile_id: NotRequired[UUID | str | None]
    external_id: NotRequired[str | None]
    email: NotRequired[str | None]
    sms: NotRequired[str | None]
    telegram: NotRequired[str | int | None]
    webhook: NotRequired[str | None]
    name: NotRequired[str]
    locale: NotRequired[str]
    time_zone: NotRequired[str]


class VendorAccountCreate(TypedDict):
    """An account at a vendor, which says what channel it is for."""

    name: str
    vendor: str
    config: Mapping[str, JsonValue]
    rank: NotRequired[int]
    rate: NotRequired[AccountRate | None]


class VendorAccountLine(TypedDict):
    """An account and its state: `closed` by its breaker until then, or `paused` by a person."""

    id: str
    name: str
    channel: str
    vendor: str
    rank: int
    state: Literal["open", "closed", "paused"]
    paused_at: str | None
    closed_until: str | None
    closed_reason: str | None
    rate: RateView | None
    revision: int
    created_at: str


class VendorAccountPage(TypedDict):
    """Accounts by channel, in the order in which they are asked."""

    items: list[VendorAccountLine]
    next: str | None


class VendorAccountPatch(TypedDict):
    """What shall change. `config`: these fields anew, null takes one away, the others stay."""

    name: NotRequired[str | None]
    config: NotRequired[Mapping[str, JsonValue] | None]
    rank: NotRequired[int | None]
    rate: NotRequired[AccountRate | None]
    revision: NotRequired[int | None]


class VendorAccountView(TypedDict):
    """The same with its settings, and with the errors of the last quarter of an hour."""

    id: str
    name: str
    channel: str
    vendor: str
    rank: int
    state: Literal["open", "closed", "paused"]
    paused_at: str | None
    closed_until: str | None
    closed_reason: str | None
    rate: RateView | None
    revision: int
    created_at: str
    config: dict[str, JsonValue] | None
    errors: list[VendorErrorView]


class VendorErrorView(TypedDict):
    """What the vendor has said of late, by reason; `detail`: its words the last time."""

    outcome: Literal["refused", "retry", "unknown"]
    scope: str | None
    reason: str | None
    count: int
    last_at: str | None
    detail: str | None


class VendorOrder(TypedDict):
    """All accounts of a channel, the first one to ask first."""

    channel: Channel
    accounts: Sequence[UUID | str]


class VendorTest(TypedDict):
    """Where to send a real message, through this account and no other."""

    to: str
    category: NotRequired[str | None]


class VendorTestView(TypedDict):
    """The notification that was accepted: it tells what became of the test."""

    notification_id: str


class VersionCreate(TypedDict):
    """A version: it is a draft until it is published, and never changes."""

    content: Mapping[str, Mapping[str, Mapping[str, str]]]
    variables: NotRequired[
        Mapping[str, Literal["string", "number", "boolean", "list", "object", "any"]] | None
    ]


class VersionLine(TypedDict):
    """A version without its content; `published_at`: when it first was, null for a draft."""

    number: int
    channels: list[str]
    variables: list[str]
    types: dict[str, str]
    created_at: str
    created_by: str
    published_at: str | None


class VersionView(TypedDict):
    """A version. It never changes."""

    number: int
    content: dict[str, dict[str, dict[str, str]]]
    variables: list[str]
    types: dict[str, str]
    created_at: str
    created_by: str
    published_at: str | None


class WarningView(TypedDict):
    """It can be sent, but perhaps not as it was meant."""

    code: str
    field: str
    detail: str


class WebhookContent(TypedDict):
    """Inline content of a webhook: a JSON object, in which `{{ name }}` is a JSON value."""

    body: str
