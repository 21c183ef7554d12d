"""Staff: accounts of the console and their sessions.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A member without rows in `staff_application` sees all applications. Tokens are known by their
# SHA-256 alone. `staff_form` has the forms that were sent, so that none is carried out twice;
# `saw` what an approver was shown, so that the next one can compare.
STAFF = """
CREATE TABLE staff (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE CHECK (email = lower(email)),
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'author', 'approver', 'operator', 'admin')),
    password text,
    oidc_issuer text,
    oidc_subject text,
    language text,
    time_zone text,
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    UNIQUE (oidc_issuer, oidc_subject),
    CHECK ((oidc_issuer IS NULL) = (oidc_subject IS NULL))
);
CREATE TABLE staff_application (
    staff_id uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
    application_id uuid NOT NULL REFERENCES application,
    PRIMARY KEY (staff_id, application_id)
);
CREATE TABLE staff_session (
    sha256 bytea PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE INDEX ix_staff_session_staff_id ON staff_session (staff_id);
CREATE INDEX ix_staff_session_seen_at ON staff_session (seen_at);
CREATE TABLE staff_form (
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
    sent_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_staff_form_sent_at ON staff_form (sent_at);
CREATE TABLE staff_attempts (
    key bytea PRIMARY KEY,
    failed int NOT NULL,
    since timestamptz NOT NULL
);
CREATE INDEX ix_staff_attempts_since ON staff_attempts (since);
CREATE TABLE staff_oidc_login (
    sha256 bytea PRIMARY KEY,
    nonce text NOT NULL,
    verifier text NOT NULL,
    next text NOT NULL,
    began_at timestamptz NOT NULL
);
CREATE INDEX ix_staff_oidc_login_began_at ON staff_oidc_login (began_at);
ALTER TABLE campaign_approval DROP CONSTRAINT campaign_approval_via_check;
ALTER TABLE campaign_approval ADD CONSTRAINT campaign_approval_via_check
    CHECK (via IN ('api', 'signal', 'console'));
ALTER TABLE campaign_approval ADD COLUMN saw jsonb NOT NULL DEFAULT '{}'
"""


def upgrade() -> None:
    for statement in STAFF.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE campaign_approval DROP COLUMN saw")
    op.execute("UPDATE campaign_approval SET via = 'api' WHERE via = 'console'")
    op.execute("ALTER TABLE campaign_approval DROP CONSTRAINT campaign_approval_via_check")
    op.execute(
        "ALTER TABLE campaign_approval ADD CONSTRAINT campaign_approval_via_check"
        " CHECK (via IN ('api', 'signal'))"
    )
    op.execute(
        "DROP TABLE staff_oidc_login, staff_attempts, staff_form, staff_session,"
        " staff_application, staff"
    )
