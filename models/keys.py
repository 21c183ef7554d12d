"""API keys as callers see them: `td_`, 178 random bits, a checksum that catches typing errors."""

import secrets
import zlib
from hashlib import sha256

PREFIX = "td_"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_CHARACTERS = 30  # 30 × log2(62) = 178 bits
CHECKSUM_CHARACTERS = 6

SCOPES = {
    "notifications:send": "accept notifications and batches",
    "notifications:read": "read notifications, their messages and timelines",
    "notifications:cancel": "cancel notifications",
    "campaigns:write": "make, edit, submit, pause and cancel campaigns; upload audiences",
    "campaigns:read": "read campaigns, their progress and reports, and audiences",
    "campaigns:approve": "approve and reject campaigns that others have made",
    "profiles:read": "read profiles, their contacts and groups",
    "profiles:write": "make, change, merge and delete profiles, contacts and groups",
    "suppressions:read": "read who is not to be reached",
    "suppressions:write": "add and lift suppressions",
    "templates:read": "read templates, their versions and categories, and preview them",
    "templates:write": "make and edit templates and categories",
    "templates:publish": "publish and roll back templates",
    "vendors:read": "read vendor accounts and their health",
    "vendors:write": "make, change, pause and test vendor accounts",
    "keys:read": "read the application's keys, never what they are",
    "keys:write": "make, rotate and revoke keys of the application, with scopes of its own at most",
    "applications:read": "read all applications of the platform",
    "applications:write": "make and change applications, and give them their first key",
    "audit:read": "read the audit log",
    "priority:raise": "send with a higher priority than the category's",
}


def new() -> str:
    """A new key; shown once, never stored."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return PREFIX + body + _checksum(body)


def is_well_formed(key: str) -> bool:
    """Could this be a key? A wrong one costs no query."""
    body = key[len(PREFIX) : -CHECKSUM_CHARACTERS]
    return (
        key.isascii()
        and key.startswith(PREFIX)
        and len(body) == RANDOM_CHARACTERS
        and key.endswith(_checksum(body))
    )


def digest(key: str) -> bytes:
    """What the database knows it by."""
    return sha256(key.encode()).digest()


def _checksum(body: str) -> str:
    number, characters = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        characters += ALPHABET[digit]
    return characters
