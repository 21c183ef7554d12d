"""What a campaign's message may have gone through between the few events that it has.

Its claims, plain acceptances, releases and sweeps are told for whole windows: each raised its
version without an event of its own. So all lives that fit between the told ones are followed.
"""

from collections.abc import Iterable, Mapping

from models.status import Move, Phase, Result, moved

# One of these, or what was told: a version each.
SILENT = (
    Move.HANDING_OVER,
    Move.RELEASED,
    Move.SENT,
    Move.EXPIRED,
    Move.SUPPRESSED,
    Move.CANCELLED,
)
BEGINNINGS: tuple[Phase | Result, ...] = (Phase.QUEUED, Result.SUPPRESSED)

# A phase and a result of one name are equal to a set: they are kept apart by their kind.
Place = tuple[bool, str, int]  # is it a result, its name, how often it was claimed


def can_be(
    state: str, version: int, claims: int, told: Mapping[int, str], *, cancelled: bool
) -> bool:
    """May a message be in this state and version after so many claims and these events?

    `told`: kinds by version. `cancelled`: a cancellation ends doubtful re-sends without an event.
    """
    if any(not 0 < at <= version for at in told):
        return False
    silent = (*SILENT, Move.HELD) if cancelled else SILENT
    places = {_place(start, 0) for start in BEGINNINGS}
    for at in range(1, version + 1):
        moves = _moves(told[at]) if at in told else silent
        places = {after for place in places for after in _after(place, moves)}
    result, _, name = state.rpartition(" ")
    return (bool(result), name, claims) in places


def _moves(kind: str) -> Iterable[Move]:
    return (Move(kind),) if kind in Move.__members__.values() else ()


def _after(place: Place, moves: Iterable[Move]) -> Iterable[Place]:
    is_result, name, claims = place
    state = Result(name) if is_result else Phase(name)
    for move in moves:
        try:
            became = moved(state, move)
        except ValueError:
            continue
        yield _place(became, claims + (move is Move.HANDING_OVER))


def _place(state: Phase | Result, claims: int) -> Place:
    return isinstance(state, Result), state.value, claims
