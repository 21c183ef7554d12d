"""What does not fit into one call, in parts that do."""

from collections.abc import Iterable, Iterator


def chunks(items: Iterable[bytes], most: int, most_bytes: int) -> Iterator[list[bytes]]:
    """The items, so many at most, and so many bytes with one between each."""
    chunk: list[bytes] = []
    size = 0
    for item in items:
        if chunk and (len(chunk) == most or size + len(item) + 1 > most_bytes):
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += len(item) + 1
    if chunk:
        yield chunk
