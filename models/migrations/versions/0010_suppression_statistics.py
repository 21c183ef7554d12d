"""Suppressions: no statistics of which application has how many.

What they said yesterday of an application that had none makes PostgreSQL read all it has today for
each address that is looked for. Without them it looks for the address.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE suppression ALTER application_id SET STATISTICS 0")
    # Forgets those there are; rewrites nothing.
    op.execute("ALTER TABLE suppression ALTER application_id TYPE uuid")


def downgrade() -> None:
    op.execute("ALTER TABLE suppression ALTER application_id SET STATISTICS -1")
