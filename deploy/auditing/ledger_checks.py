"""PostgreSQL against itself: the books, the intents, and every message's account of its own life.

The account is walked by `models.status.moved`, not by SQL of its own: one state machine, not two.
"""

from deploy.auditing.check import Check

NOTIFICATIONS = (
    Check(
        "ended_without_reason",
        "what has ended says why",
        "notifications",
        "SELECT id::text AS id FROM notification WHERE (ended_at IS NULL) <> (end_reason IS NULL)",
    ),
    Check(
        "ended_with_open_message",
        "what has ended has nothing left to send",
        "notifications",
        """
        SELECT DISTINCT n.id::text AS id FROM notification n
        JOIN message m ON m.owner_id = n.owner_id AND m.notification_id = n.id
        WHERE n.ended_at IS NOT NULL AND m.phase <> 'ended'
        """,
    ),
    Check(
        "done_without_message",
        "what is done had a message",
        "notifications",
        """
        SELECT n.id::text AS id FROM notification n
        WHERE n.end_reason = 'done' AND NOT EXISTS (
            SELECT FROM message m WHERE m.owner_id = n.owner_id AND m.notification_id = n.id)
        """,
    ),
    Check(
        "abandoned",
        "what is open has an owner that runs",
        "notifications",
        """
        SELECT n.id::text AS id FROM notification n JOIN owner o ON o.id = n.owner_id
        WHERE n.ended_at IS NULL AND o.status <> 'running'
        """,
    ),
)

# What a campaign's messages have per window: campaign_checks.py, approval_checks.py.
NOTIFIED = (
    Check(
        "intent_missing",
        "every claim of a notification's message left its attempt",
        "messages",
        """
        SELECT m.owner_id || '.' || m.seq AS id FROM message m LEFT JOIN (
            SELECT owner_id, seq, count(*) AS attempts, max(n) AS last FROM attempt GROUP BY 1, 2
        ) t USING (owner_id, seq)
        WHERE m.notification_id IS NOT NULL
          AND (m.attempt <> COALESCE(t.attempts, 0) OR m.attempt <> COALESCE(t.last, 0))
        """,
    ),
    Check(
        "claimed_after_cancel",
        "nothing was claimed once it was cancelled",
        "attempts",
        """
        SELECT t.owner_id || '.' || t.seq AS id FROM attempt t
        JOIN message m ON m.owner_id = t.owner_id AND m.seq = t.seq
        JOIN notification n ON n.id = m.notification_id
        WHERE t.started_at > n.cancelled_at + (SELECT slack FROM bounds)
        """,
    ),
)

MESSAGES = (
    Check(
        "unbooked",
        "every message is in one column of the books",
        "messages",
        """
        SELECT owner_id || '.' || seq AS id FROM message
        WHERE (result IS NULL AND phase IN ('queued', 'sending', 'unknown')
            OR phase = 'ended' AND result IN
               ('sent', 'refused', 'suppressed', 'expired', 'cancelled', 'unknown')) IS NOT TRUE
        """,
    ),
    Check(
        "without_reason",
        "every message that was not sent says why",
        "messages",
        """
        SELECT owner_id || '.' || seq AS id FROM message
        WHERE phase = 'ended' AND result <> 'sent' AND COALESCE(reason, '') = ''
        """,
    ),
    Check(
        "attempt_without_message",
        "every attempt belongs to a message",
        "attempts",
        """
        SELECT t.owner_id || '.' || t.seq AS id FROM attempt t
        LEFT JOIN message m ON m.owner_id = t.owner_id AND m.seq = t.seq WHERE m.seq IS NULL
        """,
    ),
    Check(
        "sent_without_acceptance",
        "what is sent was accepted in one of its attempts",
        "messages",
        """
        SELECT m.owner_id || '.' || m.seq AS id FROM message m
        WHERE m.result = 'sent' AND NOT EXISTS (SELECT FROM attempt t
            WHERE t.owner_id = m.owner_id AND t.seq = m.seq AND t.outcome = 'accepted')
        """,
    ),
    Check(
        "doubt_denied",
        "what is said not to be sent has no attempt that was, or may have been",
        "messages",
        """
        SELECT DISTINCT m.owner_id || '.' || m.seq AS id FROM message m
        JOIN attempt t ON t.owner_id = m.owner_id AND t.seq = m.seq
        WHERE m.result IN ('cancelled', 'expired', 'suppressed')
              AND (t.outcome IS NULL OR t.outcome IN ('accepted', 'unknown'))
           OR m.result = 'refused' AND t.outcome = 'accepted'
        """,
    ),
    Check(
        "attempt_without_end",
        "every attempt has an outcome, is under way, or was declared lost",
        "attempts",
        """
        SELECT t.owner_id || '.' || t.seq AS id FROM attempt t
        JOIN message m ON m.owner_id = t.owner_id AND m.seq = t.seq
        LEFT JOIN event v ON v.owner_id = t.owner_id AND v.seq = t.seq
             AND v.attempt = t.n AND v.kind = 'worker_lost'
        WHERE t.outcome IS NULL AND v.kind IS NULL
          AND NOT (m.phase = 'sending' AND m.attempt = t.n)
        """,
    ),
    Check(
        "claimed_after_suppression",
        "nothing was claimed for a suppressed address",
        "attempts",
        """
        SELECT t.owner_id || '.' || t.seq AS id FROM attempt t
        JOIN message m ON m.owner_id = t.owner_id AND m.seq = t.seq
        JOIN suppression s ON s.application_id = m.application_id
             AND s.channel = m.channel AND s.address = m.address
        WHERE t.started_at > s.created_at + (SELECT slack FROM bounds) AND NOT EXISTS (
            SELECT FROM claimed_window w WHERE w.claim_token = t.claim_token
            AND t.seq BETWEEN w.first AND w.last
            AND w.at <= s.created_at + (SELECT slack FROM bounds))
        """,
    ),
)

EVENTS = (
    Check(
        "version_gap",
        "the events of every notification's message are numbered without a gap",
        "events",
        """
        SELECT owner_id || '.' || seq AS id FROM walked
        WHERE first IS DISTINCT FROM 0 OR last <> version OR events <> version + 1
        """,
    ),
    Check(
        "impossible_move",
        "the events of every notification's message walk the state machine to where it is",
        "events",
        """
        SELECT w.owner_id || '.' || w.seq AS id FROM walked w
        JOIN impossible i ON i.path IS NOT DISTINCT FROM w.path AND i.state = w.state
        """,
    ),
)
