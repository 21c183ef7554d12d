"""What waits to be sent, and what was: in a temporary file, so a million rows need no memory.

SQLite deletes the file when the process ends, however it ends. Nothing here survives a crash, and
nothing has to: the same file again gives the same items under the same keys.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE item (n INTEGER PRIMARY KEY, line INTEGER, channel TEXT, address TEXT,
    dedupe_key TEXT, body BLOB);
CREATE TABLE first (same BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID;
CREATE TABLE open (id TEXT PRIMARY KEY) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One item, as JSON, with the line it came from."""

    line: int
    channel: str
    address: str
    dedupe_key: str | None
    body: bytes


class Spool:
    """The items in their order, and the ids whose end is waited for."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(SCHEMA)
        self._digest = sha256()
        self.count = 0

    @property
    def digest(self) -> bytes:
        """Of all items and their order; what tells one file from another."""
        return self._digest.digest()

    def first_line(self, same: bytes, line: int) -> int:
        """The line that was first to say the same: this one, or an earlier."""
        insert = "INSERT OR IGNORE INTO first VALUES (?, ?)"
        if not same or self._database.execute(insert, (same, line)).rowcount:
            return line
        found = self._database.execute("SELECT line FROM first WHERE same = ?", (same,))
        return int(found.fetchone()[0])

    def add(self, item: Item) -> None:
        """Put it at the end."""
        self._digest.update(len(item.body).to_bytes(4) + item.body)
        self.count += 1
        self._database.execute(
            "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?)",
            (self.count, item.line, item.channel, item.address, item.dedupe_key, item.body),
        )

    def items(self) -> Iterator[Item]:
        """All of them."""
        query = "SELECT line, channel, address, dedupe_key, body FROM item ORDER BY n"
        for row in self._database.execute(query):
            yield Item(*row)

    def await_end(self, ids: Sequence[str]) -> None:
        """Remember accepted notifications, to ask for their end."""
        self._database.executemany("INSERT OR IGNORE INTO open VALUES (?)", [(i,) for i in ids])

    def still_open(self, limit: int) -> list[str]:
        """Some of those that have not ended, the oldest first."""
        query = "SELECT id FROM open ORDER BY id LIMIT ?"
        return [row[0] for row in self._database.execute(query, (limit,))]

    def ended(self, ids: Sequence[str]) -> None:
        """Forget these: they have."""
        self._database.executemany("DELETE FROM open WHERE id = ?", [(i,) for i in ids])
