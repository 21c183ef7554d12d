"""The head of the audit log as somebody has kept it: `NUMBER:HASH`."""

from models.errors import Invalid
from models.repositories.audit_entries import Head


def expected_head(said: str) -> Head:
    """Invalid if it is not what `verify` prints."""
    number, _, hash = said.partition(":")
    try:
        head = Head(int(number), bytes.fromhex(hash))
    except ValueError:
        head = Head(0)
    if head.number < 1 or len(head.hash) != len(Head().hash):
        raise Invalid(f"--expect {said!r}: want NUMBER:HASH, as `audit-log verify` prints it")
    return head
