"""Lists: what notifications are found by.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Notifications of one kind differ, of what a list is filtered by, in status,
# metadata, profile and time; an application has few kinds. `id` is a hash of the rest, `pair`
# one of an application, a key and a value (models/listing.py). What changes with a status
# is the listing alone: no index of `notification` is on a column that changes as one ends, and that
# update stays HOT.
LISTS = """
CREATE TABLE notification_kind (
    id bigint PRIMARY KEY,
    application_id uuid NOT NULL,
    category_id uuid NOT NULL,
    priority text NOT NULL,
    channels text[] NOT NULL
);
CREATE INDEX ix_notification_kind_application_id ON notification_kind (application_id);
CREATE TABLE notification_listing (
    kind bigint NOT NULL,
    status text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (kind, status, id)
);
CREATE TABLE notification_metadata (
    pair bigint NOT NULL,
    kind bigint NOT NULL,
    notification_id uuid NOT NULL,
    PRIMARY KEY (pair, kind, notification_id)
);
ALTER TABLE notification ADD COLUMN kind bigint;
CREATE INDEX ix_notification_profile_id ON notification (profile_id, id) INCLUDE (kind)
    WHERE profile_id IS NOT NULL
"""

# What was accepted before; the hashes as `models/listing.py` makes them.
BEFORE = """
UPDATE notification SET kind = ('x' || left(encode(sha256(convert_to(concat_ws('/',
    application_id, category_id, priority, array_to_string(channels, ',')), 'UTF8')), 'hex'), 16)
    )::bit(64)::bigint;
INSERT INTO notification_kind (id, application_id, category_id, priority, channels)
SELECT DISTINCT ON (kind) kind, application_id, category_id, priority, channels FROM notification;
INSERT INTO notification_metadata (pair, kind, notification_id)
SELECT ('x' || left(encode(sha256(convert_to(concat_ws('/',
    n.application_id, m.key, m.value), 'UTF8')), 'hex'), 16))::bit(64)::bigint, n.kind, n.id
FROM notification n, jsonb_each_text(n.metadata) m ON CONFLICT DO NOTHING;
INSERT INTO notification_listing (kind, status, id)
SELECT n.kind, CASE
    WHEN n.ended_at IS NULL AND n.due_at > now() THEN 'scheduled'
    WHEN n.ended_at IS NULL THEN 'open'
    WHEN n.end_reason IN ('cancelled', 'expired') THEN n.end_reason
    WHEN n.end_reason <> 'done' THEN 'failed'
    ELSE COALESCE((SELECT CASE m.result WHEN 'refused' THEN 'failed' ELSE m.result END
        FROM message m WHERE m.owner_id = n.owner_id AND m.notification_id = n.id
        ORDER BY array_position(ARRAY['sent', 'unknown', 'refused', 'expired', 'cancelled',
            'suppressed'], m.result) LIMIT 1), 'failed') END, n.id
FROM notification n
"""


def upgrade() -> None:
    for script in (LISTS, BEFORE):
        for statement in script.split(";\n"):
            op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX ix_notification_profile_id")
    op.execute("ALTER TABLE notification DROP COLUMN kind")
    op.execute("DROP TABLE notification_metadata, notification_listing, notification_kind")
