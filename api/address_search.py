"""An address that somebody looks for: in its one form, on the channels that know such a form."""

from typing import Annotated

from pydantic import StringConstraints

from api.fields import ONE_LINE
from models.addresses import normalise
from models.errors import Invalid
from models.messages import Channel

# What a list is filtered by.
Word = Annotated[str, StringConstraints(min_length=1, pattern=ONE_LINE)]


def found_as(address: str, channel: Channel | None) -> dict[str, str]:
    """Channels, and the address on each; Invalid if no channel, or not this one, has such."""
    if channel:
        return {channel.value: normalise(channel, address, "address")}
    found = forms_of(address)
    if not found:
        detail = "not an address of any channel"
        raise Invalid(detail, field="address", reason="address_invalid")
    return found


def forms_of(address: str) -> dict[str, str]:
    """The same for what is still being typed: no channel may know it."""
    found = {}
    for each in Channel:
        try:
            found[each.value] = normalise(each, address, "address")
        except Invalid:
            continue
    return found
