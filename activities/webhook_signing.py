"""Signatures of Standard Webhooks: `v1` by a shared secret, `v1a` by a private key.

A shared secret lets each receiver forge for the others: accounts with receivers of more than one
party want a `whsk_` key, whose public half is given away.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from functools import lru_cache
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import AfterValidator, SecretStr

from activities.vendor_config import Token

SHARED, PRIVATE = "whsec_", "whsk_"
SHORTEST, LONGEST = 24, 64  # bytes of a shared secret
SEED = 32  # bytes; some write the public key behind it


def _signs(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    try:
        key = b64decode(value.partition("_")[2], validate=True)
    except NotBase64:
        key = b""
    sound = {
        SHARED: SHORTEST <= len(key) <= LONGEST,
        PRIVATE: len(key) in (SEED, 2 * SEED),
    }
    if not sound.get(f"{value.partition('_')[0]}_"):
        raise ValueError(
            f"want {SHARED} and {SHORTEST} to {LONGEST} bytes in base64,"
            f" or {PRIVATE} and an ed25519 key"
        )
    return secret


SigningKey = Annotated[Token, AfterValidator(_signs)]


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """One word of the header; no full stop may be in the id, or two messages read the same."""
    signed = b"%s.%d.%s" % (id.encode(), timestamp, body)
    if secret.startswith(PRIVATE):
        return "v1a," + b64encode(_private_key(secret).sign(signed)).decode()
    key = b64decode(secret.removeprefix(SHARED))
    return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()


@lru_cache(maxsize=256)
def _private_key(secret: str) -> Ed25519PrivateKey:
    seed = b64decode(secret.removeprefix(PRIVATE))[:SEED]
    return Ed25519PrivateKey.from_private_bytes(seed)
