"""What an examination finds of one part."""

from dataclasses import dataclass
from typing import Literal

State = Literal["well", "bad", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One part; `advice`: what to do, if it is not well."""

    part: str
    state: State
    detail: str
    advice: str = ""


def well(part: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(part, "well", detail)


def bad(part: str, detail: str, advice: str) -> Finding:
    """Something to do."""
    return Finding(part, "bad", detail, advice)


def unknown(part: str, needs: str) -> Finding:
    """What it needs is down itself."""
    return Finding(part, "unknown", f"not known without {needs}")
