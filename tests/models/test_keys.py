"""API keys: their shape, and what catches a typing error."""

from hypothesis import given
from hypothesis import strategies as st

from models import keys

POSITIONS = len(keys.new())
key = st.builds(keys.new)


@given(key)
def test_a_new_key_is_well_formed(new) -> None:
    assert keys.is_well_formed(new)
    assert new.startswith("td_")
    assert len(new) == 39


@given(st.lists(key, min_size=2, max_size=5))
def test_no_two_keys_are_alike_nor_their_digests(many) -> None:
    assert len(set(many)) == len(many)
    assert len({keys.digest(each) for each in many}) == len(many)


@given(key, st.integers(0, POSITIONS - 1), st.sampled_from(keys.ALPHABET))
def test_one_wrong_character_is_noticed(new, place, character) -> None:
    typed = new[:place] + character + new[place + 1 :]

    assert keys.is_well_formed(typed) is (typed == new)


@given(key, st.integers(3, POSITIONS - 2))
def test_two_turned_characters_are_noticed(new, place) -> None:
    turned = new[:place] + new[place + 1] + new[place] + new[place + 2 :]

    assert keys.is_well_formed(turned) is (turned == new)


@given(st.text(max_size=60) | st.text(keys.ALPHABET, min_size=36, max_size=36).map("td_{}".format))
def test_any_text_may_be_asked_about(text) -> None:
    assert keys.is_well_formed(text) in (True, False)
