"""People: what their profiles and groups need, and what suppressions are found by.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What was merged into another stays as a row that leads there; no list shows it. Ids are compared
# byte by byte, or their order, and a prefix, would be the locale's.
PROFILES = """
ALTER TABLE profile
    ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN revision int NOT NULL DEFAULT 1,
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN merged_into uuid REFERENCES profile ON DELETE CASCADE;
CREATE INDEX ix_profile_application_id ON profile (application_id, id) WHERE merged_into IS NULL;
CREATE INDEX ix_profile_external_id ON profile (application_id, external_id COLLATE "C")
    WHERE merged_into IS NULL;
CREATE INDEX ix_profile_name ON profile USING gin (to_tsvector('simple', name));
CREATE INDEX ix_profile_merged_into ON profile (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX ix_contact_address ON contact (address, channel)
"""

GROUPS = """
ALTER TABLE profile_group
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN revision int NOT NULL DEFAULT 1,
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX ix_profile_group_name ON profile_group (application_id, name COLLATE "C");
CREATE INDEX ix_campaign_group ON campaign (application_id, (audience ->> 'group'))
    WHERE audience ->> 'group' IS NOT NULL
"""

# Its id stands for the address where that may not be written: in a path, in the audit log.
SUPPRESSIONS = """
ALTER TABLE suppression
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN created_by text,
    ADD COLUMN note text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX uq_suppression_id ON suppression (id);
CREATE INDEX ix_suppression_created_at ON suppression (application_id, created_at, id);
CREATE INDEX ix_suppression_reason ON suppression (application_id, reason, created_at, id)
"""


def upgrade() -> None:
    for script in (PROFILES, GROUPS, SUPPRESSIONS):
        for statement in script.split(";\n"):
            op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX uq_suppression_id, ix_suppression_created_at, ix_suppression_reason")
    op.execute("ALTER TABLE suppression DROP COLUMN id, DROP COLUMN created_by, DROP COLUMN note")
    op.execute("DROP INDEX ix_profile_group_name, ix_campaign_group")
    op.execute(
        "ALTER TABLE profile_group DROP COLUMN description, DROP COLUMN revision,"
        " DROP COLUMN updated_at"
    )
    op.execute(
        "DROP INDEX ix_profile_application_id, ix_profile_external_id, ix_profile_name,"
        " ix_profile_merged_into, ix_contact_address"
    )
    # What was merged has no contacts left: without the way to the other it would be nobody.
    op.execute("DELETE FROM profile WHERE merged_into IS NOT NULL")
    op.execute(
        "ALTER TABLE profile DROP COLUMN metadata, DROP COLUMN revision, DROP COLUMN updated_at,"
        " DROP COLUMN merged_into"
    )
