"""Owners: a revision, which decisions and ends are serialised by.

Revision ID: 0009
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE owner ADD COLUMN revision int NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE owner DROP COLUMN revision")
