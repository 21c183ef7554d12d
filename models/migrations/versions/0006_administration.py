"""Administration: the audit log; vendor accounts that retire; keys that are rotated and limited.

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
CREATE INDEX ix_audit_entry_action ON audit_entry (action, number);
CREATE INDEX ix_audit_entry_subject ON audit_entry (subject_kind, subject_id, number);
CREATE INDEX ix_audit_entry_actor ON audit_entry (actor_id, number);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''% is append-only'', TG_TABLE_NAME USING ERRCODE = ''42501''; END';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""

# A retired account keeps its row, which attempts name, and leaves its name to others. A
# notification
# may be for one account alone: its messages are pinned to it, whatever settling says.
ACCOUNTS = """
ALTER TABLE vendor_account ADD COLUMN retired_at timestamptz,
    DROP CONSTRAINT vendor_account_application_id_name_key;
CREATE UNIQUE INDEX uq_vendor_account_name ON vendor_account (application_id, name)
    WHERE retired_at IS NULL;
ALTER TABLE notification ADD COLUMN pinned_account_id uuid
"""

# A lineage is a key and those that it was rotated into, named by the first.
KEYS = """
ALTER TABLE api_key ADD COLUMN lineage_id uuid, ADD COLUMN last_used_at timestamptz,
    ADD COLUMN requests_per_second double precision CHECK (requests_per_second > 0);
UPDATE api_key SET lineage_id = id;
ALTER TABLE api_key ALTER lineage_id SET NOT NULL;
CREATE INDEX ix_api_key_lineage_id ON api_key (lineage_id);
ALTER TABLE application
    ADD COLUMN requests_per_second double precision CHECK (requests_per_second > 0)
"""


def upgrade() -> None:
    for script in (AUDIT_LOG, ACCOUNTS, KEYS):
        for statement in script.split(";\n"):
            op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE application DROP COLUMN requests_per_second")
    op.execute(
        "ALTER TABLE api_key DROP COLUMN lineage_id, DROP COLUMN last_used_at,"
        " DROP COLUMN requests_per_second"
    )
    op.execute("ALTER TABLE notification DROP COLUMN pinned_account_id")
    op.execute("DROP INDEX uq_vendor_account_name")
    # What took a retired one's name keeps it.
    op.execute("UPDATE vendor_account SET name = id::text WHERE retired_at IS NOT NULL")
    op.execute("ALTER TABLE vendor_account DROP COLUMN retired_at")
    op.execute(
        "ALTER TABLE vendor_account ADD CONSTRAINT vendor_account_application_id_name_key"
        " UNIQUE (application_id, name)"
    )
    op.execute("DROP TABLE audit_entry")
    op.execute("DROP FUNCTION refuse_change")
