"""The spine: applications, people, templates, vendor accounts, and the ledger.

Revision ID: 0001
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DIRECTORY = """
CREATE TABLE application (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE api_key (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application,
    name text NOT NULL,
    owner text NOT NULL,
    sha256 bytea NOT NULL UNIQUE,
    last_four text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX ix_api_key_application_id ON api_key (application_id);
CREATE TABLE profile (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application,
    external_id text NOT NULL,
    name text NOT NULL DEFAULT '',
    locale text NOT NULL DEFAULT '',
    time_zone text NOT NULL DEFAULT 'UTC',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (application_id, external_id)
);
CREATE TABLE contact (
    id uuid PRIMARY KEY,
    profile_id uuid NOT NULL REFERENCES profile ON DELETE CASCADE,
    channel text NOT NULL,
    address text NOT NULL,
    rank int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (profile_id, channel, address)
);
CREATE TABLE suppression (
    application_id uuid NOT NULL REFERENCES application,
    channel text NOT NULL,
    address text NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (application_id, channel, address)
);
CREATE TABLE category (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application,
    name text NOT NULL,
    priority text NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
    priority_fixed boolean NOT NULL DEFAULT false,
    channels text[] NOT NULL,
    channel_mode text NOT NULL DEFAULT 'all' CHECK (channel_mode IN ('all', 'first')),
    mandatory boolean NOT NULL DEFAULT false,
    expires_after interval NOT NULL,
    on_unknown text NOT NULL DEFAULT 'hold' CHECK (on_unknown IN ('resend', 'hold')),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (application_id, name)
);
CREATE TABLE template (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application,
    name text NOT NULL,
    category_id uuid REFERENCES category,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (application_id, name)
);
CREATE TABLE template_version (
    id uuid PRIMARY KEY,
    template_id uuid NOT NULL REFERENCES template,
    number int NOT NULL,
    content jsonb NOT NULL,
    variables text[] NOT NULL,
    published_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (template_id, number)
);
CREATE TABLE vendor_account (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application,
    name text NOT NULL,
    channel text NOT NULL,
    vendor text NOT NULL,
    rank int NOT NULL,
    sealed_config bytea NOT NULL,
    revision int NOT NULL DEFAULT 1,
    paused_at timestamptz,
    closed_until timestamptz,
    closed_reason text,
    failures int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (application_id, name)
);
CREATE INDEX ix_vendor_account_application_id_channel
    ON vendor_account (application_id, channel, rank);
CREATE TABLE vendor_rate (
    account_id uuid PRIMARY KEY REFERENCES vendor_account ON DELETE CASCADE,
    per_second double precision NOT NULL CHECK (per_second > 0),
    reserve double precision NOT NULL DEFAULT 0.2 CHECK (reserve BETWEEN 0 AND 0.9),
    high_waits_until timestamptz NOT NULL DEFAULT '-infinity',
    medium_waits_until timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE TABLE vendor_grant (
    account_id uuid NOT NULL REFERENCES vendor_rate ON DELETE CASCADE,
    id uuid NOT NULL,
    granted int NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (account_id, id)
)
"""

WORK = """
CREATE TABLE owner (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    kind text NOT NULL,
    priority text NOT NULL,
    status text NOT NULL DEFAULT 'running',
    content_hash text,
    approved_hash text,
    next_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX ix_owner_next_at ON owner (priority, next_at) WHERE status = 'running';
CREATE TABLE notification (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    owner_id uuid,
    category_id uuid NOT NULL,
    priority text NOT NULL,
    profile_id uuid,
    addresses jsonb NOT NULL DEFAULT '{}',
    locale text NOT NULL DEFAULT '',
    time_zone text NOT NULL DEFAULT '',
    channels text[] NOT NULL,
    channel_mode text NOT NULL,
    on_unknown text NOT NULL,
    template_version_id uuid,
    content jsonb,
    data jsonb NOT NULL,
    metadata jsonb NOT NULL,
    due_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revision int NOT NULL DEFAULT 0,
    cancelled_at timestamptz,
    ended_at timestamptz,
    end_reason text,
    resend_of uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (expires_at > due_at),
    CHECK ((template_version_id IS NULL) <> (content IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX ix_notification_owner_id ON notification (owner_id) WHERE owner_id IS NOT NULL;
CREATE TABLE workflow_start (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('notification', 'batch', 'shared')),
    application_id uuid NOT NULL,
    priority text NOT NULL,
    category_id uuid,
    channels text[] NOT NULL DEFAULT '{}',
    size int NOT NULL DEFAULT 1,
    due_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ix_workflow_start_shared ON workflow_start (priority, application_id, created_at)
    WHERE kind = 'shared';
CREATE INDEX ix_workflow_start_old
    ON workflow_start (array_position(ARRAY['high', 'medium', 'low'], priority), created_at)
    WHERE kind <> 'shared';
CREATE TABLE idempotency_key (
    application_id uuid NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status int NOT NULL,
    answer bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (application_id, route, key)
) PARTITION BY HASH (application_id, route, key);
CREATE TABLE dedupe_key (
    application_id uuid NOT NULL,
    key text NOT NULL,
    notification_id uuid NOT NULL,
    fingerprint bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (application_id, key)
) PARTITION BY HASH (application_id, key)
"""

# HOT needs free room in the page and no index on a column that changes: fillfactor, and no index
# on phase or next_at. A claim reads one owner's range by its primary key.
LEDGER = """
CREATE TABLE message (
    owner_id uuid NOT NULL,
    seq int NOT NULL,
    notification_id uuid NOT NULL,
    application_id uuid NOT NULL,
    step int NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    phase text NOT NULL DEFAULT 'queued'
        CHECK (phase IN ('queued', 'sending', 'unknown', 'ended')),
    result text CHECK (result IN
        ('sent', 'refused', 'suppressed', 'expired', 'cancelled', 'unknown')),
    reason text,
    receipt text NOT NULL DEFAULT 'none' CHECK (receipt IN ('none', 'failed', 'delivered')),
    attempt int NOT NULL DEFAULT 0,
    resends int NOT NULL DEFAULT 0,
    retry_of int,
    account_id uuid,
    pinned_account_id uuid,
    claim_token uuid,
    lease_until timestamptz,
    next_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 0,
    bounced_at timestamptz,
    opened_at timestamptz,
    clicked_at timestamptz,
    complained_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner_id, seq),
    UNIQUE (owner_id, notification_id, step, channel, address),
    CHECK ((phase = 'ended') = (result IS NOT NULL)),
    CHECK ((phase = 'sending') = (lease_until IS NOT NULL))
) PARTITION BY RANGE (owner_id);
CREATE TABLE attempt (
    owner_id uuid NOT NULL,
    seq int NOT NULL,
    n int NOT NULL,
    account_id uuid NOT NULL,
    request_key text NOT NULL,
    claim_token uuid NOT NULL,
    retry_of int,
    outcome text,
    scope text,
    reason text,
    vendor_id text,
    detail text,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    PRIMARY KEY (owner_id, seq, n)
) PARTITION BY RANGE (owner_id);
CREATE INDEX ix_attempt_started_at ON attempt USING brin (started_at) WITH (autosummarize = on);
CREATE SEQUENCE event_id_seq;
CREATE TABLE event (
    id bigint NOT NULL DEFAULT nextval('event_id_seq'),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    application_id uuid NOT NULL,
    notification_id uuid,
    owner_id uuid,
    seq int,
    version int,
    kind text NOT NULL,
    reason text,
    attempt int,
    actor_id uuid,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX ix_event_notification_id ON event (notification_id);
CREATE INDEX ix_event_xid_id ON event (xid, id)
"""

HASHES = 16


def upgrade() -> None:
    for script in (DIRECTORY, WORK, LEDGER):
        for statement in script.split(";\n"):
            op.execute(statement)
    for table in ("idempotency_key", "dedupe_key"):
        for n in range(HASHES):
            op.execute(
                f"CREATE TABLE {table}_{n} PARTITION OF {table}"
                f" FOR VALUES WITH (MODULUS {HASHES}, REMAINDER {n})"
            )
            op.execute(f"CREATE INDEX ON {table}_{n} (expires_at)")


def downgrade() -> None:
    op.execute(
        "DROP TABLE event, attempt, message, dedupe_key, idempotency_key, workflow_start,"
        " notification, owner, vendor_grant, vendor_rate, vendor_account, template_version,"
        " template, category, suppression, contact, profile, api_key, application"
    )
    op.execute("DROP SEQUENCE event_id_seq")
