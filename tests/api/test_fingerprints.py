"""An honest retry stays one, also after a release that has new fields."""

import pytest
from uuid_utils.compat import uuid7

from api.bodies import BatchItem, NotificationCreate, To
from api.idempotency import fingerprint_of


class LaterTo(To):
    pager: str | None = None


class LaterNotification(NotificationCreate):
    to: LaterTo
    colour: str = "blue"


class LaterItem(BatchItem):
    to: LaterTo
    colour: str = "blue"


def fingerprint(model: type[NotificationCreate], body: object) -> bytes:
    return fingerprint_of(model.model_validate(body).model_dump(mode="json"))


@pytest.mark.parametrize(
    ("now", "later"), [(NotificationCreate, LaterNotification), (BatchItem, LaterItem)]
)
def test_a_new_field_changes_no_fingerprint_of_a_body_without_it(body, now, later) -> None:
    sent = body()

    assert fingerprint(later, sent) == fingerprint(now, sent)
    assert fingerprint(later, sent | {"colour": "blue"}) != fingerprint(now, sent)


def test_the_order_of_fields_and_how_a_time_is_written_change_nothing(body) -> None:
    sent = body(send_at="2031-01-01T12:00:00Z", metadata={"a": "1", "b": "2"})
    same = body(metadata={"b": "2", "a": "1"}, send_at="2031-01-01T12:00:00.000Z")

    assert fingerprint(NotificationCreate, dict(reversed(same.items()))) == fingerprint(
        NotificationCreate, sent
    )


def test_every_field_that_is_sent_counts(body) -> None:
    bodies = [body(), body(priority="low"), body(data={"name": "Eve"}), body(channels=["email"])]

    assert len({fingerprint(NotificationCreate, each) for each in bodies}) == len(bodies)


async def test_what_is_kept_is_made_of_what_was_sent(api, body) -> None:
    key = str(uuid7())
    item = body(dedupe_key=key)
    await api.send(body(), Idempotency_Key=key)
    await api.batch([item])

    kept = await api.database.fetchval(
        "SELECT fingerprint FROM idempotency_key WHERE key = $1", key
    )
    deduped = await api.database.fetchval("SELECT fingerprint FROM dedupe_key WHERE key = $1", key)

    assert (kept, deduped) == (fingerprint_of(body()), fingerprint_of(item))
