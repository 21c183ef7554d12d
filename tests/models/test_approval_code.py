"""Approval codes: of one approver, one hash, one campaign, and no other."""

from uuid import uuid4

import pytest

from models.approval_code import code, is_valid
from models.errors import Misconfigured

RING = (
    "b:QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=,a:QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
)
ID = uuid4()


def test_it_is_taken_as_people_type_it() -> None:
    given = code(RING, ID, "hash", "Grace")
    assert is_valid(given.lower().replace("-", " "), RING, ID, "hash", " grace ")


def test_an_older_key_of_the_ring_still_counts() -> None:
    assert is_valid(code(RING.split(",")[1], ID, "hash", "Grace"), RING, ID, "hash", "Grace")


@pytest.mark.parametrize(
    ("id", "hash", "approver"),
    [(uuid4(), "hash", "Grace"), (ID, "other", "Grace"), (ID, "hash", "Ada")],
)
def test_for_anything_else_it_is_no_code(id: object, hash: str, approver: str) -> None:
    given = code(RING, ID, "hash", "Grace")
    assert not is_valid(given, RING, id, hash, approver)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", ["", "-", "ÄÖÜ", "A" * 32, "\0"])
def test_what_is_no_code_is_none(given: str) -> None:
    assert not is_valid(given, RING, ID, "hash", "Grace")


def test_without_a_keyring_there_are_no_codes() -> None:
    with pytest.raises(Misconfigured):
        code("", ID, "hash", "Grace")
