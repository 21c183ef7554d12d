"""Administration: the audit log.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AUDIT_LOG = """
CREATE TABLE audit_entry (
    number bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    application_id uuid,
    actor_kind text NOT NULL CHECK (actor_kind IN ('key', 'staff', 'cli', 'system')),
    actor_id uuid,
    actor_name text NOT NULL,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    detail json NOT NULL, -- not jsonb: the hash is of this very text
    previous bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE INDEX ix_audit_entry_application_id ON audit_entry (application_id, number);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''% is append-only'', TG_TABLE_NAME USING ERRCODE = ''42501''; END';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    for statement in AUDIT_LOG.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE audit_entry")
    op.execute("DROP FUNCTION refuse_change")
