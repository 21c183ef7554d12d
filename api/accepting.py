"""One notification that has passed all rules: written, and its workflow offered."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from uuid_utils.compat import uuid7

from api.deps import Reception, after_commit
from api.views import AcceptedView
from models.acceptance import Accepted
from models.repositories import acceptances
from models.repositories.acceptances import New
from models.sessions import Session
from models.status import Status


async def accept_one(
    session: Session,
    application_id: UUID,
    accepted: Accepted,
    reception: Reception,
    *,
    resend_of: UUID | None = None,
) -> AcceptedView:
    """What the caller is told once it is committed."""
    id = uuid7()
    new = New(id, None if reception.load.shares(accepted.priority) else id, accepted, resend_of)
    written = await acceptances.write(session, application_id, [new], kind="notification")
    times = written[id]
    if new.owner_id:
        start = acceptances.start_of(application_id, id, [new], times.due_at, kind="notification")
        after_commit(session, partial(reception.starts.offer, start))
    later = times.due_at > datetime.now(UTC)
    return AcceptedView(
        id=id,
        status=Status.SCHEDULED if later else Status.ACCEPTED,
        due_at=times.due_at,
        expires_at=times.expires_at,
    )
