"""Sealing: only the same row and a key of the ring open it."""

from base64 import b64encode
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Misconfigured
from models.seal import Keyring


def entry(name: str, byte: int) -> str:
    return f"{name}:{b64encode(bytes([byte]) * 32).decode()}"


OLD, NEW = entry("1", 1), entry("2", 2)
plains = st.binary(max_size=500)


@given(plains, st.uuids())
def test_what_is_sealed_opens_for_its_row(plain, row) -> None:
    assert Keyring(OLD).open(Keyring(OLD).seal(plain, row), row) == plain


@given(plains, st.uuids())
def test_a_new_key_opens_what_the_old_one_sealed(plain, row) -> None:
    ring = Keyring(f"{NEW}, {OLD}")

    assert ring.open(Keyring(OLD).seal(plain, row), row) == plain
    assert ring.seal(plain, row).startswith(b"2:")


@given(plains, st.uuids(), st.uuids())
def test_another_row_does_not_open_it(plain, row, other) -> None:
    sealed = Keyring(OLD).seal(plain, row)

    if row != other:
        with pytest.raises(Misconfigured):
            Keyring(OLD).open(sealed, other)


@given(plains, st.uuids(), st.data())
def test_one_changed_byte_is_noticed(plain, row, data) -> None:
    sealed = bytearray(Keyring(OLD).seal(plain, row))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(Misconfigured):
        Keyring(OLD).open(bytes(sealed), row)


@pytest.mark.parametrize(
    "sealed", [b"", b"1", b"1:", b"1:short", b":", b"\xff:x", b"9:" + b"a" * 40]
)
def test_what_was_never_sealed_is_refused_in_words(sealed) -> None:
    with pytest.raises(Misconfigured):
        Keyring(OLD).open(sealed, uuid4())


@pytest.mark.parametrize("keys", ["x", "1:", "1:!!!!", "1:" + b64encode(b"short").decode(), "1"])
def test_keys_of_another_shape_are_refused_without_repeating_them(keys) -> None:
    with pytest.raises(Misconfigured) as refusal:
        Keyring(keys)

    assert refusal.value.field == "secret_keys"
    assert str(refusal.value) == "TIDINGS_SECRET_KEYS: want id:base64(32 bytes)"


def test_without_keys_nothing_is_sealed() -> None:
    with pytest.raises(Misconfigured):
        Keyring("").seal(b"", uuid4())


@given(plains, st.uuids())
def test_the_same_is_never_sealed_alike(plain, row) -> None:
    assert Keyring(OLD).seal(plain, row) != Keyring(OLD).seal(plain, row)
