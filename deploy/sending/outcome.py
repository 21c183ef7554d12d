"""How a send ended, for a person and for a script."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.sending.following import GOOD
from deploy.sending.run import Sending


def exit_code(sending: Sending) -> int:
    """0: all accepted, and sent if that was waited for; 1: something was not."""
    totals = sending.account.totals
    missing = totals.refused + totals.duplicates + totals.not_sent
    return 1 if missing or set(sending.ended) - GOOD else 0


def facts(sending: Sending) -> dict[str, Any]:
    """The object of `--json`."""
    more: dict[str, Any] = {"ended": dict(sending.ended)} if sending.order.wait else {}
    if sending.order.path is None:
        more["id"] = sending.id or None
    return {**sending.account.totals.facts(), **more}


def show(console: Console, sending: Sending) -> None:
    """One notification's id, with its timeline if it was waited for; a file's summary."""
    if sending.order.path is not None:
        console.print(_sentence(sending))
        for status, count in sending.ended.most_common():
            console.print(f"  {count:,} {status}")
    elif sending.id:
        console.print(sending.id)
        if sending.view:
            _timeline(console, sending.view)


def _sentence(sending: Sending) -> str:
    totals = sending.account.totals
    earlier = f" ({totals.replayed:,} by an earlier run)" if totals.replayed else ""
    parts = [f"{totals.accepted:,} accepted{earlier}"]
    for count, words in (
        (totals.known, "known by their dedupe key"),
        (totals.duplicates, "repeated within the file"),
        (totals.refused, "refused"),
        (totals.not_sent, "not sent"),
    ):
        if count:
            parts.append(f"{count:,} {words}")
    fresh = totals.accepted and not totals.replayed
    rate = f"; {totals.per_second:,.0f} notifications/s" if fresh else ""
    return f"{', '.join(parts)}; {totals.all:,} in all{rate}"


def _timeline(console: Console, view: Mapping[str, Any]) -> None:
    messages = {int(m["id"].rpartition(".")[2]): m for m in view["messages"]}
    table = Table("at (UTC)", "what", "channel", "reason", box=None, padding=(0, 2, 0, 0))
    for event in view["timeline"]:
        message = messages.get(event["seq"], {})
        at = event["at"].partition("T")[2].rstrip("Z")[:12]
        channel, reason = message.get("channel", ""), event["reason"] or ""
        table.add_row(at, event["kind"].replace("_", " "), channel, reason)
    console.print(table)
    console.print(f"{view['status']}{_why(view)}")


def _why(view: Mapping[str, Any]) -> str:
    reasons = sorted({m["reason"] for m in view["messages"] if m["reason"]})
    good = view["status"] in GOOD or not reasons
    return "" if good else f": {', '.join(reasons)}"
