"""What lists find notifications by, against the notifications (docs/decisions/0014).

Before its end a listing knows no more than `scheduled` and `open`: what came due stays `scheduled`
until it is decided, and what was cancelled is either until it has ended.
"""

from deploy.auditing.check import Check
from models.repositories.listings import FURTHEST, REACHED


def _hash(*words: str) -> str:
    """As `models.listing` makes it."""
    joined = f"convert_to(concat_ws('/', {', '.join(words)}), 'UTF8')"
    return f"('x' || left(encode(sha256({joined}), 'hex'), 16))::bit(64)::bigint"


KIND = _hash("application_id", "category_id", "priority", "array_to_string(channels, ',')")
PAIR = _hash("n.application_id", "entry.key", "entry.value")

LISTINGS = (
    Check(
        "not_listed_once",
        "every notification is listed once, and nothing else is",
        "notifications",
        """
        SELECT COALESCE(n.id, l.id)::text AS id FROM notification n
        FULL JOIN (SELECT id, count(*) AS times FROM notification_listing GROUP BY 1) l
             ON l.id = n.id
        WHERE n.id IS NULL OR l.times IS DISTINCT FROM 1
        """,
    ),
    Check(
        "listed_otherwise",
        "every notification is listed under the status that its messages and times make",
        "notifications",
        f"""
        SELECT DISTINCT n.id::text AS id FROM notification n
        JOIN notification_listing l ON l.id = n.id
        LEFT JOIN (
            SELECT m.owner_id, m.notification_id, min({REACHED}) AS furthest FROM message m
            WHERE m.notification_id IS NOT NULL GROUP BY 1, 2
        ) got ON got.owner_id = n.owner_id AND got.notification_id = n.id
        WHERE CASE
            WHEN n.ended_at IS NULL THEN CASE
                WHEN got.owner_id IS NOT NULL OR n.due_at <= n.created_at THEN l.status <> 'open'
                WHEN n.due_at > clock_timestamp() THEN l.status <> 'scheduled'
                ELSE l.status NOT IN ('scheduled', 'open') END
            WHEN got.owner_id IS NOT NULL
                THEN l.status IS DISTINCT FROM ({FURTHEST})[got.furthest]
            WHEN n.end_reason IN ('cancelled', 'expired') THEN l.status <> n.end_reason
            ELSE l.status <> 'failed' END
        """,  # noqa: S608 - our own words
    ),
    Check(
        "kind_otherwise",
        "every notification's kind is its category, priority and channels, and it is listed by it",
        "notifications",
        f"""
        WITH meant AS MATERIALIZED (
            SELECT *, {KIND} AS hash FROM notification_kind
        )
        SELECT DISTINCT n.id::text AS id FROM notification n
        LEFT JOIN meant k ON k.id = n.kind
        LEFT JOIN notification_listing l ON l.id = n.id
        WHERE (k.hash = n.kind AND k.application_id = n.application_id
               AND k.category_id = n.category_id AND k.priority = n.priority
               AND k.channels = n.channels) IS NOT TRUE
           OR l.kind <> n.kind
        """,  # noqa: S608 - our own words
    ),
    Check(
        "metadata_otherwise",
        "every notification is found by the entries of its metadata, and by no others",
        "notifications",
        f"""
        SELECT DISTINCT COALESCE(own.id, m.notification_id)::text AS id FROM (
            SELECT n.id, n.kind, {PAIR} AS pair
            FROM notification n CROSS JOIN LATERAL jsonb_each_text(n.metadata) entry
        ) own
        FULL JOIN notification_metadata m
             ON m.notification_id = own.id AND m.pair = own.pair AND m.kind = own.kind
        WHERE own.id IS NULL OR m.notification_id IS NULL
        """,  # noqa: S608 - our own words
    ),
)
