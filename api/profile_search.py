"""What profiles are found by."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from api.address_search import Word, found_as
from models.errors import Invalid
from models.messages import Channel
from models.person_fields import LONGEST
from models.repositories.profile_search import Search


async def _search(
    external_id: Annotated[
        Word | None, Query(max_length=LONGEST, description="its beginning")
    ] = None,
    name: Annotated[
        Word | None,
        Query(max_length=LONGEST, description="its words, the last by its beginning"),
    ] = None,
    address: Annotated[
        Word | None, Query(max_length=2000, description="of a contact, in any form")
    ] = None,
    channel: Annotated[Channel | None, Query(description="of the address")] = None,
    group_id: UUID | None = None,
) -> Search:
    if channel and address is None:
        detail = "a channel says whose address is meant: give address too"
        raise Invalid(detail, field="channel", reason="address_missing")
    addresses = None if address is None else found_as(address, channel)
    return Search(external_id, name, addresses, group_id)


ProfileSearch = Annotated[Search, Depends(_search)]
