"""Campaigns: audiences, groups, campaigns, approvals; messages without a notification.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A campaign's message is the audience row of the same number: `seq` is its `line`.
LEDGER = """
ALTER TABLE message ALTER notification_id DROP NOT NULL;
ALTER TABLE message DROP CONSTRAINT message_owner_id_notification_id_step_channel_address_key;
CREATE UNIQUE INDEX uq_message_contact
    ON message (owner_id, notification_id, step, channel, address)
    WHERE notification_id IS NOT NULL;
ALTER TABLE workflow_start DROP CONSTRAINT workflow_start_kind_check;
ALTER TABLE workflow_start ADD CONSTRAINT workflow_start_kind_check
    CHECK (kind IN ('notification', 'batch', 'shared', 'campaign'));
ALTER TABLE event ADD COLUMN claim_token uuid, ADD COLUMN detail jsonb;
ALTER TABLE owner ADD COLUMN expires_at timestamptz;
CREATE INDEX ix_event_campaign ON event (owner_id, id) WHERE notification_id IS NULL
"""

AUDIENCES = """
CREATE TABLE profile_group (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (application_id, name)
);
CREATE TABLE group_member (
    group_id uuid NOT NULL REFERENCES profile_group ON DELETE CASCADE,
    profile_id uuid NOT NULL REFERENCES profile ON DELETE CASCADE,
    PRIMARY KEY (group_id, profile_id)
);
CREATE INDEX ix_group_member_profile_id ON group_member (profile_id);
CREATE TABLE audience (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application,
    channel text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('upload', 'inline', 'people', 'failed')),
    name text NOT NULL DEFAULT '',
    format text CHECK (format IN ('csv', 'ndjson')),
    state text NOT NULL DEFAULT 'receiving' CHECK (state IN ('receiving', 'complete')),
    header jsonb,
    received_bytes bigint NOT NULL DEFAULT 0,
    lines int NOT NULL DEFAULT 0,
    rows int NOT NULL DEFAULT 0,
    refused int NOT NULL DEFAULT 0,
    without_contact int NOT NULL DEFAULT 0,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz
);
CREATE INDEX ix_audience_application_id ON audience (application_id, id);
CREATE TABLE audience_row (
    audience_id uuid NOT NULL,
    line int NOT NULL,
    address text NOT NULL,
    external_id text NOT NULL DEFAULT '',
    name text NOT NULL DEFAULT '',
    locale text NOT NULL DEFAULT '',
    time_zone text NOT NULL DEFAULT '',
    data jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (audience_id, line)
);
CREATE TABLE audience_refusal (
    audience_id uuid NOT NULL REFERENCES audience ON DELETE CASCADE,
    line int NOT NULL,
    field text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (audience_id, line)
)
"""

CAMPAIGNS = """
CREATE TABLE campaign (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application,
    name text NOT NULL,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'validating', 'invalid',
        'pending_approval', 'rejected', 'lapsed', 'scheduled', 'running', 'paused', 'completed',
        'cancelled')),
    reason text NOT NULL DEFAULT '',
    revision int NOT NULL DEFAULT 1,
    channel text NOT NULL,
    category_id uuid NOT NULL,
    template_version_id uuid,
    content jsonb,
    data jsonb NOT NULL DEFAULT '{}',
    audience jsonb NOT NULL,
    audience_id uuid,
    send_at timestamptz,
    off_hours boolean NOT NULL DEFAULT false,
    per_second double precision CHECK (per_second > 0),
    expires_in interval NOT NULL,
    canary jsonb,
    approval_within interval NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    authors text[] NOT NULL,
    created_by text NOT NULL,
    copy_of uuid,
    problems jsonb NOT NULL DEFAULT '[]',
    content_hash text,
    people int,
    duplicates int,
    approvals_needed int,
    submitted_at timestamptz,
    submitted_by text,
    lapses_at timestamptz,
    reminded_at timestamptz,
    approved_at timestamptz,
    canary_until int,
    canary_passed_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    archived_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((template_version_id IS NULL) <> (content IS NULL))
);
CREATE INDEX ix_campaign_application_id ON campaign (application_id, id);
CREATE TABLE campaign_approval (
    campaign_id uuid NOT NULL REFERENCES campaign ON DELETE CASCADE,
    hash text NOT NULL,
    approver text NOT NULL,
    decision text NOT NULL CHECK (decision IN ('approved', 'rejected')),
    reason text NOT NULL DEFAULT '',
    via text NOT NULL CHECK (via IN ('api', 'signal')),
    key_id uuid,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (campaign_id, hash, approver)
);
CREATE TABLE campaign_rate (
    owner_id uuid PRIMARY KEY,
    next_at timestamptz NOT NULL DEFAULT '-infinity'
);
ALTER TABLE application
    ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
    ADD COLUMN off_hours_from time NOT NULL DEFAULT '20:00',
    ADD COLUMN off_hours_to time NOT NULL DEFAULT '06:00'
"""


def upgrade() -> None:
    for script in (LEDGER, AUDIENCES, CAMPAIGNS):
        for statement in script.split(";\n"):
            op.execute(statement)


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE notification_id IS NULL")
    op.execute(
        "ALTER TABLE application DROP COLUMN time_zone, DROP COLUMN off_hours_from,"
        " DROP COLUMN off_hours_to"
    )
    op.execute(
        "DROP TABLE campaign_rate, campaign_approval, campaign, audience_refusal,"
        " audience_row, audience, group_member, profile_group"
    )
    op.execute("DROP INDEX uq_message_contact")
    op.execute("DROP INDEX ix_event_campaign")
    op.execute("ALTER TABLE message ALTER notification_id SET NOT NULL")
    op.execute("ALTER TABLE message ADD UNIQUE (owner_id, notification_id, step, channel, address)")
    op.execute("ALTER TABLE event DROP COLUMN claim_token, DROP COLUMN detail")
    op.execute("ALTER TABLE owner DROP COLUMN expires_at")
    op.execute("DELETE FROM workflow_start WHERE kind = 'campaign'")
    op.execute("ALTER TABLE workflow_start DROP CONSTRAINT workflow_start_kind_check")
    op.execute(
        "ALTER TABLE workflow_start ADD CONSTRAINT workflow_start_kind_check"
        " CHECK (kind IN ('notification', 'batch', 'shared'))"
    )
