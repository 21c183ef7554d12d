"""The vendors' own journal against PostgreSQL: nothing lost, doubled, misdirected or forbidden.

An effect may only come from an attempt that was accepted, or of which nobody knows: an attempt that
ended as "definitely not sent" covers none.
"""

from deploy.auditing.check import Check

# A look-up that finds it, or a late record, turns the outcome of a repeated attempt to accepted.
UNSURE = "(f.outcome IS NULL OR f.outcome IN ('accepted', 'unknown'))"

EFFECTS = (
    Check(
        "stranger",
        "every effect carries one of our keys",
        "effects",
        "SELECT 'effect ' || n AS id FROM effect WHERE owner_id IS NULL",
    ),
    Check(
        "without_message",
        "every effect belongs to a message",
        "effects",
        """
        SELECT 'effect ' || e.n AS id FROM effect e
        LEFT JOIN message m ON m.owner_id = e.owner_id AND m.seq = e.seq
        WHERE e.owner_id IS NOT NULL AND m.seq IS NULL
        """,
    ),
    Check(
        "without_attempt",
        "every effect was announced by an attempt",
        "effects",
        """
        SELECT 'effect ' || e.n AS id FROM effect e
        WHERE e.owner_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM tried t WHERE t.owner_id = e.owner_id AND t.seq = e.seq
            AND (NOT e.by_request OR t.request_key = e.key)
            AND (t.started_at <= e.at + interval '1 second' OR EXISTS (
                SELECT FROM claimed_window w WHERE w.claim_token = t.claim_token
                AND t.seq BETWEEN w.first AND w.last AND w.at <= e.at + interval '1 second')))
        """,
    ),
    Check(
        "misdirected",
        "every effect went to its message's address and channel",
        "effects",
        """
        SELECT 'effect ' || e.n AS id FROM effect e
        JOIN message m ON m.owner_id = e.owner_id AND m.seq = e.seq
        WHERE m.address <> e.address OR m.channel IS DISTINCT FROM e.channel
        """,
    ),
    Check(
        "after_expiry",
        "nothing was sent after its expiry",
        "effects",
        """
        SELECT 'effect ' || e.n AS id FROM effect e
        JOIN message m ON m.owner_id = e.owner_id AND m.seq = e.seq
        JOIN owner o ON o.id = m.owner_id
        WHERE e.at > LEAST(m.expires_at, o.expires_at) + (SELECT call_deadline FROM bounds)
        """,
    ),
    Check(
        "sent_without_effect",
        "what is sent has reached the vendor",
        "messages",
        """
        SELECT m.owner_id || '.' || m.seq AS id FROM message m
        LEFT JOIN touched e ON e.owner_id = m.owner_id AND e.seq = m.seq
        WHERE m.result = 'sent' AND e.seq IS NULL AND NOT EXISTS (
            SELECT FROM attempt t JOIN elsewhere x ON x.account_id = t.account_id
            WHERE t.owner_id = m.owner_id AND t.seq = m.seq AND t.outcome = 'accepted')
        """,
    ),
    Check(
        "accepted_without_effect",
        "every further acceptance has reached the vendor as well",
        "messages",
        """
        SELECT t.owner_id || '.' || t.seq AS id FROM (
            SELECT owner_id, seq, count(DISTINCT request_key) AS accepted FROM attempt
            WHERE outcome = 'accepted' AND account_id NOT IN (SELECT account_id FROM elsewhere)
            GROUP BY 1, 2) t
        JOIN message m ON m.owner_id = t.owner_id AND m.seq = t.seq
        LEFT JOIN touched e ON e.owner_id = t.owner_id AND e.seq = t.seq
        WHERE t.accepted > COALESCE(e.effects, 0)
          AND (m.result IS DISTINCT FROM 'sent' OR e.effects > 0)
        """,
    ),
    Check(
        "forbidden",
        "nothing reached the vendor that is recorded as not sent",
        "messages",
        """
        SELECT e.owner_id || '.' || e.seq AS id FROM touched e
        JOIN message m ON m.owner_id = e.owner_id AND m.seq = e.seq
        WHERE e.covered = 0
        """,
    ),
    Check(
        "silent_duplicate",
        "whatever arrived more than once is explained by an unknown and its re-send",
        "messages",
        f"""
        SELECT e.owner_id || '.' || e.seq AS id FROM touched e
        WHERE e.covered > 0 AND (e.effects > e.covered OR e.effects - 1 > (
            SELECT count(DISTINCT t.retry_of) FROM tried t JOIN tried f
            ON f.owner_id = t.owner_id AND f.seq = t.seq AND f.n = t.retry_of AND {UNSURE}
            WHERE t.owner_id = e.owner_id AND t.seq = e.seq))
        UNION
        SELECT e.owner_id || '.' || e.seq FROM (
            SELECT owner_id, seq, key, count(*) AS effects FROM effect
            WHERE by_request GROUP BY 1, 2, 3 HAVING count(*) > 1) e
        WHERE e.effects > (SELECT count(*) FROM tried f WHERE f.owner_id = e.owner_id
            AND f.seq = e.seq AND f.request_key = e.key AND {UNSURE})
        """,  # noqa: S608 - our own constant
    ),
    Check(
        "too_fast",
        "no second holds more effects of an account than its rate",
        "effects",
        f"""
        SELECT 'effect ' || e.n AS id FROM rate r CROSS JOIN LATERAL (
            SELECT n, at - lag(at, r.per_second) OVER (ORDER BY at, n) AS span
            FROM effect d WHERE CASE WHEN r.account_id IS NULL THEN r.name IN (account, vendor)
            ELSE r.vendor = vendor AND EXISTS (SELECT FROM tried f
                WHERE f.owner_id = d.owner_id AND f.seq = d.seq AND f.account_id = r.account_id
                AND (NOT d.by_request OR f.request_key = d.key) AND {UNSURE}) END) e
        WHERE e.span < interval '1 second'
        """,  # noqa: S608 - our own constant
        only_if="rates",
    ),
)
