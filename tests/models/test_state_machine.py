"""A message moves only along the machine's own moves."""

import pytest

from models.status import MOVES, Move, Phase, Result, moved

ENDS = [result for result in Result if result is not Result.UNKNOWN]


@pytest.mark.parametrize("move", [Move.HELD, Move.RESEND, Move.RETRY, Move.REFUSED, Move.UNKNOWN])
def test_a_message_that_ended_unknown_is_not_one_that_waits_to_be_settled(move: Move) -> None:
    assert moved(Phase.UNKNOWN, move)
    with pytest.raises(ValueError, match="from unknown"):
        moved(Result.UNKNOWN, move)


def test_a_late_acceptance_corrects_an_end_as_unknown_and_no_other() -> None:
    assert moved(Result.UNKNOWN, Move.SENT) is Result.SENT
    for end in ENDS:
        with pytest.raises(ValueError, match=f"from {end}"):
            moved(end, Move.SENT)


@pytest.mark.parametrize("end", ENDS)
def test_nothing_moves_what_has_ended(end: Result) -> None:
    for move in MOVES:
        with pytest.raises(ValueError, match=f"{move} from {end}"):
            moved(end, move)
