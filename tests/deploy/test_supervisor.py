"""The supervisor with real children: restarts, giving up, the order of stopping, no orphans."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from deploy.local.part import Part
from deploy.local.processes import birth, is_alive
from deploy.local.refusal import CannotRun, PartFailed

LIVES = "import time; print('ready'); time.sleep(60)"
REFUSES_TO_END = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready');"
    " time.sleep(60)"
)


async def test_a_part_that_dies_is_started_again_and_a_line_says_so(
    supervisor, tiny, said, until
) -> None:
    await supervisor.start(tiny("worker urgent", LIVES))
    first = supervisor.keepers[0].child

    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: said)

    keeper = supervisor.keepers[0]
    assert said == ["worker urgent died (exit -9), restarted (1 of 5)"]
    assert (keeper.restarts, keeper.child.pid != first.pid) == (1, True)
    await until(lambda: keeper.phase == "ready")
    assert is_alive(keeper.child.pid, keeper.child.born)


async def test_a_part_that_keeps_dying_is_given_up_with_the_end_of_its_log(
    supervisor, tiny, said
) -> None:
    code = "import sys; [print('line', n) for n in range(30)]; print('ready'); sys.exit(3)"
    part = tiny("relay", code, first_pause_seconds=0.01)

    with contextlib.suppress(PartFailed):
        await supervisor.start(part)
    with pytest.raises(PartFailed, match=r"relay died \(exit 3\) for the 6th time") as failed:
        await supervisor.failure()

    assert len(said) == 5
    assert failed.value.tail == [*(f"line {n}" for n in range(11, 30)), "ready"]


async def test_a_part_that_is_never_ready_is_given_up(supervisor, tiny) -> None:
    part = tiny("api", LIVES, ready_line="never said", ready_within_seconds=0.1)
    with pytest.raises(PartFailed, match=r"api was not ready within 0\.1 s"):
        await supervisor.start(part)


async def test_a_part_whose_program_is_missing_is_refused_in_one_line(supervisor) -> None:
    with pytest.raises(CannotRun, match="cannot start ghost: No such file"):
        await supervisor.start(Part("ghost", ("/nowhere/ghost",)))


async def test_a_part_that_runs_to_its_end_must_end_well(supervisor, tiny) -> None:
    await supervisor.run(tiny("migrate", "print('fine')"))
    with pytest.raises(PartFailed, match=r"migrate failed \(exit 7\)") as failed:
        await supervisor.run(tiny("migrate", "import sys; print('no table'); sys.exit(7)"))
    assert failed.value.tail == ["no table"]


async def test_parts_stop_from_the_highest_stage_down_and_those_of_one_stage_together(
    supervisor, tiny, tmp_path: Path
) -> None:
    def part(name: str, stage: int) -> Part:
        code = f"""
import signal, sys, time
def end(*_):
    open({str(tmp_path / "order")!r}, "a").write("{name} asked\\n")
    time.sleep(0.1)
    open({str(tmp_path / "order")!r}, "a").write("{name} gone\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready")
signal.pause()
"""
        return tiny(name, code, stage=stage)

    await supervisor.start(part("postgres", 0))
    await supervisor.start(part("api", 4), part("urgent", 3), part("bulk", 3))
    await supervisor.stop()

    order = (tmp_path / "order").read_text().splitlines()
    assert order[:2] == ["api asked", "api gone"]
    assert sorted(order[2:4]) == ["bulk asked", "urgent asked"]
    assert order[-2:] == ["postgres asked", "postgres gone"]


async def test_a_part_that_will_not_end_is_killed_with_all_it_started(
    supervisor, tiny, until
) -> None:
    code = (
        f"import subprocess, sys; inner = subprocess.Popen([sys.executable, '-c', {LIVES!r}]);"
        "print(inner.pid);"
    )
    await supervisor.start(tiny("stubborn", code + REFUSES_TO_END, stop_within_seconds=0.2))
    inner = int(supervisor.keepers[0].child.tail()[0])
    born = birth(inner)
    assert born

    began = time.monotonic()
    await supervisor.stop()

    assert time.monotonic() - began < 2
    await until(lambda: not is_alive(inner, born))


async def test_hurry_ends_the_wait_for_a_clean_end(supervisor, tiny) -> None:
    await supervisor.start(tiny("stubborn", REFUSES_TO_END, stop_within_seconds=30))
    child = supervisor.keepers[0].child

    stopping = asyncio.create_task(supervisor.stop())
    await asyncio.sleep(0)
    supervisor.hurry()
    async with asyncio.timeout(5):
        await stopping

    assert child.code == -signal.SIGKILL


async def test_a_stop_in_the_middle_of_a_start_leaves_no_process(supervisor, tiny, until) -> None:
    start = asyncio.create_task(supervisor.start(tiny("slow", LIVES, ready_line="never said")))
    await until(lambda: supervisor.keepers and supervisor.keepers[0].child)
    child = supervisor.keepers[0].child

    await supervisor.stop()
    start.cancel()

    assert not is_alive(child.pid, child.born)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next `up` ends the leftovers")
async def test_a_kill_of_the_supervisor_takes_its_children_along(tmp_path: Path, until) -> None:
    code = f"""
import asyncio, sys
from pathlib import Path
from deploy.local.part import Part
from deploy.local.supervisor import Supervisor

async def main():
    supervisor = Supervisor(Path({str(tmp_path)!r}), print, lambda: None)
    await supervisor.start(Part("child", (sys.executable, "-u", "-c", {REFUSES_TO_END!r}),
                                ready_line="ready"))
    print(supervisor.keepers[0].child.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
    up = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    child = int(await up.stdout.readline())
    born = birth(child)
    assert born

    up.kill()
    await up.wait()

    await until(lambda: not is_alive(child, born))
