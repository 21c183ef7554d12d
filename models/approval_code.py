"""The one-time code by which an approver approves outside our API: a signal carries it.

An HMAC over campaign, hash and approver: it proves that we gave it to this approver, for this very
content. It is used up by the approval itself, of which there is one an approver and hash.
"""

import hmac
from base64 import b32encode
from hashlib import sha256
from uuid import UUID

from models.campaign import person
from models.errors import Misconfigured

PURPOSE = b"tidings campaign approval"
CHARACTERS = 32  # 160 bits


def code(secret_keys: str, campaign_id: UUID, hash: str, approver: str) -> str:
    """The code by the ring's first key, in groups of eight; Misconfigured without a key."""
    return next(iter(_codes(secret_keys, campaign_id, hash, approver)))


def is_valid(given: str, secret_keys: str, campaign_id: UUID, hash: str, approver: str) -> bool:
    """Is it the code of any key of the ring? Case, blanks and hyphens do not matter."""
    plain = given.upper().encode(errors="replace")
    known = _codes(secret_keys, campaign_id, hash, approver)
    return any(hmac.compare_digest(_bare(plain), _bare(each.encode())) for each in known)


def _codes(secret_keys: str, campaign_id: UUID, hash: str, approver: str) -> list[str]:
    keys = [entry.strip() for entry in secret_keys.split(",") if entry.strip()]
    if not keys:
        raise Misconfigured("TIDINGS_SECRET_KEYS is empty", field="secret_keys")
    said = b"\0".join((campaign_id.bytes, hash.encode(), person(approver).encode()))
    codes = []
    for entry in keys:
        own = hmac.digest(entry.partition(":")[2].encode(), PURPOSE, sha256)
        bits = b32encode(hmac.digest(own, said, sha256)).decode()[:CHARACTERS]
        codes.append("-".join(bits[i : i + 8] for i in range(0, CHARACTERS, 8)))
    return codes


def _bare(code: bytes) -> bytes:
    return code.replace(b"-", b"").replace(b" ", b"")
