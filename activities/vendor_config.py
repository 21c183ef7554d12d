"""The fields that vendors' settings share: an address, a secret, and no field nobody knows.

A misspelt `base_url` must not fall back to the real vendor, so unknown fields are refused. A field
that says where calls go is a `DESTINATION`: no secret follows it to another place unseen.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SecretStr,
)
from pydantic_core import CoreSchema


class VendorConfig(BaseModel):
    """Base of every vendor's `Config`; its secrets are `SecretStr`, and no error shows a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _fits_a_header(secret: SecretStr) -> SecretStr:
    # A key pasted with its line end would fail inside the call, where it is no longer certain
    # that nothing was sent.
    value = secret.get_secret_value()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("must be printable ASCII without spaces")
    return secret


@dataclass(frozen=True, slots=True)
class Destination:
    """Whether a field says where an account's secrets go, or who may read them on the way.

    Whoever changes one that does gives the secrets again (`api.vendor_settings`), unless to a value
    in `safe`: whatever it was before, that weakens nothing.
    """

    leads: bool = True
    safe: tuple[str | bool, ...] = ()

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Where forms and checks find it, beside `writeOnly`, which marks the secrets."""
        return {**handler(core), "destination": {"leads": self.leads, "safe": self.safe}}


DESTINATION = Destination()
NO_DESTINATION = Destination(leads=False)  # of a field whose name might make one think so

Token = Annotated[SecretStr, AfterValidator(_fits_a_header)]
BaseUrl = Annotated[
    str,
    Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"),
    AfterValidator(lambda url: url.rstrip("/")),
    DESTINATION,
]
