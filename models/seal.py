"""Sealing vendor credentials at rest: AES-256-GCM under a keyring, the newest key first.

The row's id is authenticated with it, so a sealed value cannot be moved to another row.
"""

import os
from base64 import b64decode
from binascii import Error as NotBase64
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.errors import Misconfigured

NONCE_BYTES = 12


class Keyring:
    """Seals with its first key, opens with any: `id:base64(32 bytes)`, separated by commas."""

    def __init__(self, keys: str) -> None:
        self._keys: dict[str, AESGCM] = {}
        for entry in filter(None, (part.strip() for part in keys.split(","))):
            name, _, secret = entry.partition(":")
            try:
                self._keys[name] = AESGCM(b64decode(secret, validate=True))
            except (ValueError, NotBase64):
                raise Misconfigured(
                    "TIDINGS_SECRET_KEYS: want id:base64(32 bytes)", field="secret_keys"
                ) from None

    def seal(self, plain: bytes, row: UUID) -> bytes:
        """`<key id>:<nonce><ciphertext>`."""
        if not self._keys:
            raise Misconfigured("TIDINGS_SECRET_KEYS is empty", field="secret_keys")
        name, key = next(iter(self._keys.items()))
        nonce = os.urandom(NONCE_BYTES)
        return name.encode() + b":" + nonce + key.encrypt(nonce, plain, row.bytes)

    def open(self, sealed: bytes, row: UUID) -> bytes:
        """What was sealed for this row; Misconfigured if no key of the ring opens it."""
        name, _, rest = sealed.partition(b":")
        key = self._keys.get(name.decode(errors="replace"))
        if key is None:
            raise Misconfigured(f"no key {name.decode(errors='replace')!r} in the keyring")
        try:
            return key.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], row.bytes)
        except (InvalidTag, ValueError):  # ValueError: cut off within the nonce
            raise Misconfigured("a sealed value does not belong to its row or key") from None
