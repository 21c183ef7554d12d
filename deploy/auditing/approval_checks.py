"""Nothing of a campaign is handed over but what somebody else approved, and only while it runs.

One clock says when: PostgreSQL's, of the window's intent and of the campaign's moves.
"""

from deploy.auditing.check import Check

# Each window with the campaign's last move before it.
THEN = """
    claimed_window w JOIN campaign c ON c.id = w.owner_id JOIN owner o ON o.id = w.owner_id
    LEFT JOIN LATERAL (
        SELECT v.kind, v.at FROM campaign_move v WHERE v.owner_id = w.owner_id AND v.at <= w.at
        ORDER BY v.id DESC LIMIT 1) was ON true
"""
ID = "w.owner_id || ' pass ' || w.claim_token || ' from ' || w.first"
# These can only be where somebody has approved.
SENDABLE = """
    (c.status IN ('scheduled', 'running', 'paused', 'completed')
     OR EXISTS (SELECT FROM claimed_window w WHERE w.owner_id = c.id))
"""


def _windows(name: str, holds: str, where: str) -> Check:
    sql = f"SELECT DISTINCT {ID} AS id FROM {THEN} WHERE {where}"  # noqa: S608 - our own words
    return Check(name, holds, "windows", sql)


APPROVALS = (
    Check(
        "approved_otherwise",
        "what is sent is what was approved",
        "campaigns",
        f"""
        SELECT c.id::text AS id FROM campaign c JOIN owner o ON o.id = c.id
        WHERE {SENDABLE} AND (c.content_hash = o.content_hash AND c.content_hash = o.approved_hash)
              IS NOT TRUE
        """,  # noqa: S608 - our own words
    ),
    Check(
        "changed_since",
        "content, audience and schedule have the hash that was approved",
        "campaigns",
        """
        SELECT c.id::text AS id FROM campaign c JOIN hashed_anew h ON h.campaign_id = c.id
        WHERE h.hash <> c.content_hash
        """,
    ),
    Check(
        "approval_missing",
        "as many have approved it as it needs",
        "campaigns",
        f"""
        SELECT c.id::text AS id FROM campaign c
        WHERE {SENDABLE} AND COALESCE(c.approvals_needed, 1) > (
            SELECT count(DISTINCT a.approver) FROM campaign_approval a WHERE a.campaign_id = c.id
            AND a.hash = c.content_hash AND a.decision = 'approved')
        """,  # noqa: S608 - our own words
    ),
    Check(
        "own_approval",
        "nobody has approved what they made, edited or submitted",
        "campaigns",
        "SELECT DISTINCT campaign_id::text AS id FROM own_approval",
    ),
    Check(
        "approval_out_of_time",
        "every approval came after the submission, and before it lapsed",
        "campaigns",
        """
        SELECT DISTINCT c.id::text AS id FROM campaign c JOIN campaign_approval a
        ON a.campaign_id = c.id AND a.hash = c.content_hash AND a.decision = 'approved'
        WHERE (a.at BETWEEN c.submitted_at AND c.lapses_at) IS NOT TRUE
        """,
    ),
    _windows(
        "claimed_unapproved",
        "nothing was claimed before the approval and the start",
        """(c.approved_at <= w.at AND was.kind IN
            ('started', 'paused', 'resumed', 'completed', 'cancelled')) IS NOT TRUE""",
    ),
    _windows(
        "claimed_while_paused",
        "nothing was claimed while it was paused",
        "was.kind = 'paused' AND w.at > was.at + (SELECT soon FROM bounds)",
    ),
    _windows(
        "claimed_after_end",
        "nothing was claimed after its cancellation or its end",
        "was.kind IN ('cancelled', 'completed') AND w.at > was.at + (SELECT soon FROM bounds)",
    ),
    _windows("claimed_early", "nothing was claimed before its time", "w.at < c.send_at"),
    _windows("claimed_late", "nothing was claimed after its expiry", "w.at > o.expires_at"),
    _windows(
        "canary_overtaken",
        "nothing was claimed beyond the canary before it passed",
        "w.last > c.canary_until AND (w.at >= c.canary_passed_at) IS NOT TRUE",
    ),
)
