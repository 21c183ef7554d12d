"""An account's rate, as permits: never more than `per_second` calls in any second.

A token bucket would let twice the rate through in some second: a full bucket and its refill. A
permit comes back one second after its call has ended, so no second of the vendor's clock holds
more than there are permits. What is granted and lost in a crash comes back with the lease.
docs/decisions/0003 says why.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from models.messages import LEASE
from models.sessions import Session

LOCK = text("SELECT FROM vendor_rate WHERE account_id = :account_id FOR UPDATE")

# After LOCK, in a statement of its own: only a new snapshot sees what the last holder granted.
# Who waits in vain is noted, and lower priorities get nothing until it was served.
GRANT = text("""
WITH gone AS (
    DELETE FROM vendor_grant WHERE account_id = :account_id AND until <= clock_timestamp()
), rate AS (
    SELECT GREATEST(1, floor(per_second)) AS permits, reserve,
        CASE :priority WHEN 'high' THEN false
             WHEN 'medium' THEN high_waits_until > clock_timestamp()
             ELSE GREATEST(high_waits_until, medium_waits_until) > clock_timestamp() END AS wait
    FROM vendor_rate WHERE account_id = :account_id
), used AS (
    SELECT COALESCE(sum(granted), 0) AS permits, min(until) AS first_free FROM vendor_grant
    WHERE account_id = :account_id AND until > clock_timestamp()
), taken AS (
    SELECT CASE WHEN wait THEN 0 ELSE GREATEST(0, LEAST(:wanted, floor(rate.permits - used.permits
           - CASE WHEN :priority = 'low' THEN floor(rate.permits * reserve) ELSE 0 END))) END AS n
    FROM rate, used
), noted AS (
    UPDATE vendor_rate SET
        high_waits_until = CASE WHEN :priority = 'high' AND taken.n < :wanted
            THEN clock_timestamp() + interval '2 seconds' ELSE high_waits_until END,
        medium_waits_until = CASE WHEN :priority = 'medium' AND taken.n < :wanted
            THEN clock_timestamp() + interval '2 seconds' ELSE medium_waits_until END
    FROM taken WHERE account_id = :account_id AND :priority <> 'low' AND taken.n < :wanted
), granted AS (
    INSERT INTO vendor_grant (account_id, id, granted, until)
    SELECT :account_id, :grant_id, n, clock_timestamp() + :lease FROM taken WHERE n > 0
)
SELECT taken.n, used.first_free - clock_timestamp() AS wait FROM taken, used
""")

# A permit that was not used is free at once; a used one after its second.
GIVE_BACK = text("""
WITH done AS (
    UPDATE vendor_grant g
    SET granted = :used, until = clock_timestamp()
        + interval '1 second' * GREATEST(1, floor(r.per_second)) / r.per_second
    FROM vendor_rate r
    WHERE g.account_id = :account_id AND g.id = :grant_id AND r.account_id = g.account_id
      AND :used > 0
)
DELETE FROM vendor_grant WHERE account_id = :account_id AND id = :grant_id AND :used = 0
""")


async def grant(
    session: Session, account_id: UUID, grant_id: UUID, wanted: int, priority: str
) -> tuple[int, timedelta]:
    """How many may be sent now, and if that is none, how long until it is worth asking again."""
    await session.execute(LOCK, {"account_id": account_id})
    values = {
        "account_id": account_id,
        "grant_id": grant_id,
        "wanted": wanted,
        "priority": priority,
        "lease": LEASE,
    }
    row = (await session.execute(GRANT, values)).one()
    wait = min(
        max(row.wait or timedelta(seconds=1), timedelta(milliseconds=20)), timedelta(seconds=1)
    )
    return int(row.n), wait


async def give_back(session: Session, account_id: UUID, grant_id: UUID, used: int) -> None:
    """The calls have ended: `used` permits come back in a second, the others now."""
    values = {"account_id": account_id, "grant_id": grant_id, "used": used}
    await session.execute(GIVE_BACK, values)
