"""The client's journal against PostgreSQL: what was answered 202 exists, and ends with a reason."""

from deploy.auditing.check import Check

CLIENT = (
    Check(
        "lost",
        "every accepted id is stored",
        "accepted",
        """
        SELECT DISTINCT j.id::text AS id FROM journalled j
        LEFT JOIN notification n ON n.id = j.id WHERE n.id IS NULL
        """,
    ),
    Check(
        "not_ended",
        "every accepted notification has ended",
        "accepted",
        """
        SELECT DISTINCT j.id::text AS id FROM journalled j
        JOIN notification n ON n.id = j.id WHERE n.ended_at IS NULL
        """,
        only_if="closed",
    ),
    Check(
        "other_address",
        "every accepted notification kept its address",
        "accepted",
        """
        SELECT DISTINCT j.id::text AS id FROM journalled j
        JOIN notification n ON n.id = j.id AND n.profile_id IS NULL
        WHERE j.address IS NOT NULL AND n.addresses ->> j.channel IS DISTINCT FROM j.address
        """,
    ),
    Check(
        "accepted_twice",
        "one idempotency key is one notification",
        "accepted",
        """
        SELECT min(j.id::text) AS id FROM journalled j
        WHERE j.key IS NOT NULL GROUP BY j.key HAVING count(DISTINCT j.id) > 1
        """,
    ),
    Check(
        "not_journalled",
        "every notification is in a client's journal",
        "notifications",
        """
        SELECT n.id::text AS id FROM notification n
        WHERE NOT EXISTS (SELECT FROM journalled j WHERE j.id = n.id)
        """,
        only_if="complete",
    ),
)
