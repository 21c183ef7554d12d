"""A port that somebody has is named before anything starts."""

import socket

import pytest

from deploy.local.ports import SPAN, Ports, check
from deploy.local.refusal import CannotRun


def test_all_ports_follow_from_the_base() -> None:
    assert Ports.from_base(8400) == (
        *(8400, 8401, 8402, 8403, 8404, 8405, 8409),  # as they were before metrics had some
        *(8406, 8407, 8408),
        *(8410, 8411),
    )


def test_no_two_share_one_and_all_are_in_the_span() -> None:
    ports = Ports.from_base(8400)
    assert sorted(ports) == list(range(8400, 8400 + SPAN))


@pytest.mark.parametrize("base", [0, 80, 65530, 70000])
def test_a_base_without_its_ports_is_refused(base: int) -> None:
    with pytest.raises(CannotRun, match="choose one from 1024 to 65524"):
        Ports.from_base(base)


def test_a_port_in_use_is_named_with_what_wants_it_and_the_way_out(free_base: int) -> None:
    port = Ports.from_base(free_base).postgres
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(
            CannotRun, match=rf"^port {port}, wanted by PostgreSQL, is in use.*--port-base \d+$"
        ):
            check(free_base)
