"""Options that several commands share: the same words, the same defaults."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Option("--data", help="The folder that holds everything.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

DATA = Path(".tidings")
