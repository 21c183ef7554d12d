"""The books of campaigns: everybody of the audience once, and every window accounted for.

A campaign's attempts are written with their outcomes, and its events are told for whole windows
(docs/decisions/0012): so what is claimed is compared by the token of each pass.
"""

from deploy.auditing.check import Check

AUDIENCE = (
    Check(
        "people_missing",
        "every campaign has a message for each of its people",
        "campaigns",
        """
        SELECT c.id::text AS id FROM campaign c
        LEFT JOIN (SELECT owner_id, count(*) AS n FROM message GROUP BY 1) m ON m.owner_id = c.id
        WHERE COALESCE(c.people, 0) <> COALESCE(m.n, 0)
        """,
    ),
    Check(
        "homeless",
        "every message belongs to a notification or to a campaign",
        "messages",
        """
        SELECT m.owner_id || '.' || m.seq AS id FROM message m
        LEFT JOIN campaign c ON c.id = m.owner_id
        WHERE (m.notification_id IS NULL) <> (c.id IS NOT NULL)
        """,
    ),
    Check(
        "address_twice",
        "no campaign has two messages for one address",
        "messages",
        """
        SELECT m.owner_id || '.' || max(m.seq) AS id FROM message m
        JOIN campaign c ON c.id = m.owner_id
        GROUP BY m.owner_id, m.channel, m.address HAVING count(*) > 1
        """,
    ),
    Check(
        "not_in_audience",
        "every message of a campaign is to the address in its line of the audience",
        "messages",
        """
        SELECT m.owner_id || '.' || m.seq AS id FROM message m
        JOIN campaign c ON c.id = m.owner_id
        LEFT JOIN audience_row r ON r.audience_id = c.audience_id AND r.line = m.seq
        WHERE r.address IS DISTINCT FROM m.address
        """,
    ),
    Check(
        "passed_over",
        "every address of a campaign's audience has its message",
        "campaigns",
        """
        SELECT c.id || ' line ' || min(r.line) AS id FROM campaign c
        JOIN audience_row r ON r.audience_id = c.audience_id
        LEFT JOIN message m ON m.owner_id = c.id AND m.address = r.address
        WHERE m.seq IS NULL GROUP BY c.id, r.address
        """,
    ),
)

ATTEMPTS = (
    Check(
        "attempt_ahead",
        "no campaign's message has an attempt that it was not claimed for",
        "messages",
        """
        SELECT m.owner_id || '.' || m.seq AS id FROM message m
        JOIN campaign c ON c.id = m.owner_id
        JOIN (SELECT owner_id, seq, max(n) AS last FROM attempt GROUP BY 1, 2) t
             ON t.owner_id = m.owner_id AND t.seq = m.seq
        WHERE t.last > m.attempt OR m.phase = 'sending' AND t.last = m.attempt
        """,
    ),
    Check(
        "outcome_otherwise",
        "every campaign's message is where its last attempt left it",
        "messages",
        """
        SELECT m.owner_id || '.' || m.seq AS id FROM message m
        JOIN campaign c ON c.id = m.owner_id
        LEFT JOIN attempt t ON t.owner_id = m.owner_id AND t.seq = m.seq AND t.n = m.attempt
        WHERE m.result = 'refused' AND t.outcome IS DISTINCT FROM 'refused'
           OR m.phase = 'unknown' AND (t.n IS NULL OR t.outcome <> 'unknown')
           OR m.phase = 'queued' AND t.outcome = 'accepted'
           OR m.result = 'unknown' AND NOT EXISTS (
               SELECT FROM attempt d WHERE d.owner_id = m.owner_id AND d.seq = m.seq
               AND (d.outcome IS NULL OR d.outcome IN ('unknown', 'accepted')))
        """,
    ),
    Check(
        "accepted_again",
        "what was accepted more than once was sent again after an unknown",
        "messages",
        """
        SELECT m.owner_id || '.' || m.seq AS id FROM message m
        JOIN campaign c ON c.id = m.owner_id
        JOIN (SELECT owner_id, seq, count(*) AS n FROM attempt WHERE outcome = 'accepted'
              GROUP BY 1, 2 HAVING count(*) > 1) t ON t.owner_id = m.owner_id AND t.seq = m.seq
        WHERE t.n - 1 > m.resends + (
            SELECT count(*) FROM event v WHERE v.owner_id = m.owner_id AND v.seq = m.seq
            AND v.kind = 'retry' AND v.reason = 'same_key_again')
        """,
    ),
    Check(
        "impossible_life",
        "every campaign's message can have come to where it is, by the state machine",
        "messages",
        """
        SELECT l.owner_id || '.' || l.seq AS id FROM lived l
        JOIN never_lived n USING (state, version, attempt, told, cancelled)
        """,
    ),
)

WINDOWS = (
    Check(
        "attempt_without_window",
        "every campaign's attempt was claimed in a window, and not before it",
        "attempts",
        """
        SELECT t.owner_id || '.' || t.seq AS id FROM tried t
        JOIN campaign c ON c.id = t.owner_id
        LEFT JOIN pass p ON p.owner_id = t.owner_id AND p.claim_token = t.claim_token
        LEFT JOIN LATERAL (
            SELECT last FROM claimed_window w
            WHERE w.claim_token = t.claim_token AND w.owner_id = t.owner_id AND w.first <= t.seq
            ORDER BY w.first DESC LIMIT 1) w ON true
        WHERE w.last IS NULL OR w.last < t.seq OR t.started_at < p.since - interval '1 second'
        """,
    ),
    Check(
        "claims_unaccounted",
        "what a pass claimed was recorded, released, declared lost, or is under way",
        "windows",
        """
        SELECT owner_id || ' pass ' || claim_token AS id FROM pass
        WHERE claimed <> tried + released + holds
        """,
    ),
    Check(
        "recorded_otherwise",
        "what the records of a pass told is what its attempts say",
        "windows",
        """
        SELECT p.owner_id || ' pass ' || p.claim_token AS id FROM pass p
        WHERE recorded NOT BETWEEN tried - lost AND tried - still_lost OR sent < accepted
           OR sent > accepted + (SELECT count(*) FROM message m WHERE m.owner_id = p.owner_id
                                 AND m.reason = 'accepted_before' AND m.result = 'sent')
        """,
    ),
    Check(
        "swept_otherwise",
        "as many expired or were suppressed on the way as the sweeps told",
        "campaigns",
        """
        SELECT DISTINCT c.id::text AS id FROM campaign c
        CROSS JOIN (VALUES ('expired'), ('suppressed'), ('cancelled')) k (kind)
        LEFT JOIN (
            SELECT owner_id, result, count(*) AS n FROM message WHERE version > 0 GROUP BY 1, 2
        ) m ON m.owner_id = c.id AND m.result = k.kind
        LEFT JOIN (
            SELECT owner_id, reason, sum(CAST(detail ->> 'messages' AS int)) AS n FROM event
            WHERE kind = 'swept' AND notification_id IS NULL GROUP BY 1, 2
        ) v ON v.owner_id = c.id AND v.reason = k.kind
        WHERE CASE k.kind WHEN 'cancelled' THEN COALESCE(v.n, 0) > COALESCE(m.n, 0)
              ELSE COALESCE(v.n, 0) <> COALESCE(m.n, 0) END
        """,
    ),
)

CAMPAIGNS = (*AUDIENCE, *ATTEMPTS, *WINDOWS)
