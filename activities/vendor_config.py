"""The fields that vendors' settings share: an address, a secret, and no field nobody knows.

A misspelt `base_url` must not fall back to the real vendor, so unknown fields are refused.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr


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


Token = Annotated[SecretStr, AfterValidator(_fits_a_header)]
BaseUrl = Annotated[
    str,
    Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"),
    AfterValidator(lambda url: url.rstrip("/")),
]
