"""Templates: which version is published, and which were; what is put away.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# `publishes` counts them: what a publish is compared with, and set.
TEMPLATES = """
ALTER TABLE template
    ADD COLUMN published_version_id uuid REFERENCES template_version,
    ADD COLUMN publishes int NOT NULL DEFAULT 0,
    ADD COLUMN archived_at timestamptz;
ALTER TABLE template_version
    ADD COLUMN types jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN created_by text NOT NULL DEFAULT '';
ALTER TABLE category ADD COLUMN archived_at timestamptz;
CREATE TABLE template_publish (
    template_id uuid NOT NULL REFERENCES template,
    n int NOT NULL,
    version_id uuid NOT NULL REFERENCES template_version,
    kind text NOT NULL CHECK (kind IN ('published', 'rolled_back')),
    by text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (template_id, n)
);
CREATE INDEX ix_campaign_template_version_id ON campaign (template_version_id)
    WHERE status NOT IN ('completed', 'cancelled');
CREATE INDEX ix_campaign_category_id ON campaign (category_id)
    WHERE status NOT IN ('completed', 'cancelled');
CREATE INDEX ix_template_category_id ON template (category_id);
INSERT INTO template_publish (template_id, n, version_id, kind, by, at)
    SELECT template_id, row_number() OVER (PARTITION BY template_id ORDER BY number), id,
        'published', '', published_at
    FROM template_version WHERE published_at IS NOT NULL;
UPDATE template t SET publishes = p.n, published_version_id = p.version_id
    FROM (SELECT DISTINCT ON (template_id) * FROM template_publish ORDER BY template_id, n DESC) p
    WHERE p.template_id = t.id
"""

# What a submitted campaign does with doubts is settled then: its category may change afterwards.
CAMPAIGNS = """
ALTER TABLE campaign ADD COLUMN on_unknown text CHECK (on_unknown IN ('resend', 'hold'));
UPDATE campaign SET on_unknown = category.on_unknown
    FROM category WHERE category.id = campaign.category_id AND campaign.submitted_at IS NOT NULL
"""


def upgrade() -> None:
    for script in (TEMPLATES, CAMPAIGNS):
        for statement in script.split(";\n"):
            op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE campaign DROP COLUMN on_unknown")
    op.execute("DROP INDEX ix_campaign_template_version_id, ix_campaign_category_id")
    op.execute("DROP INDEX ix_template_category_id")
    op.execute("DROP TABLE template_publish")
    op.execute("ALTER TABLE category DROP COLUMN archived_at")
    op.execute("ALTER TABLE template_version DROP COLUMN types, DROP COLUMN created_by")
    op.execute(
        "ALTER TABLE template DROP COLUMN published_version_id, DROP COLUMN publishes,"
        " DROP COLUMN archived_at"
    )
