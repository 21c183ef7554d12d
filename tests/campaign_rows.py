"""A campaign that runs, approved, in an application of its own; all by one `:id`."""

APPLICATION = "INSERT INTO application (id, name) VALUES (:id, CAST(CAST(:id AS uuid) AS text))"
CATEGORY = """
INSERT INTO category (id, application_id, name, priority, channels, expires_after)
VALUES (:id, :id, 'news', 'low', '{sms}', interval '1 day')
"""
OWNER = """
INSERT INTO owner (id, application_id, kind, priority, next_at, expires_at,
    content_hash, approved_hash)
VALUES (:id, :id, 'campaign', 'low', now(), now() + interval '1 day', 'h', 'h')
"""
CAMPAIGN = """
INSERT INTO campaign (id, application_id, name, status, channel, category_id, content, audience,
    expires_in, approval_within, authors, created_by, content_hash)
VALUES (:id, :id, 'late', 'running', 'sms', :id, '{}', '{}', interval '1 day', interval '1 day',
    '{}', 'ada', 'h')
"""
RUNNING = (APPLICATION, CATEGORY, OWNER, CAMPAIGN)
