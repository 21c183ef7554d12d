"""What the campaign benches send: the same mail of 5 KB, as a template and built beforehand."""

from collections.abc import Iterator

PARAGRAPH = (
    "The harbour opens again on Monday, after a winter of dredging and of new lamps along the"
    " mole. Ferries leave from the east quay until May; whoever holds a season ticket keeps it,"
    " and the café beside the old crane has its first tables out already. "
)
SUBJECT = "The harbour opens again, {{ name }}"
HTML = (
    '<!DOCTYPE html>\n<html><head><title>News</title></head>\n<body style="font: 16px sans-serif">'
    '\n<h1 style="color: #223">Hello {{ name }} of {{ city }}</h1>\n'
    + f'<p style="margin: 1em 0">{PARAGRAPH}</p>\n' * 11
    + '<p><a href="https://news.example.com/r/{{ code }}">All of it</a></p>\n</body></html>\n'
)
TEXT = "Hello {{ name }} of {{ city }}\n\n" + f"{PARAGRAPH}\n\n" * 5 + "Your code: {{ code }}\n"
SMS = "Hello {{ name }}, the harbour opens again on Monday. Show {{ code }} at the east quay."

CONTENT = {
    "email": {"email": {"subject": SUBJECT, "html": HTML, "text": TEXT}},
    "sms": {"sms": {"text": SMS}},
}
CATEGORY = {"email": "newsletter", "sms": "transactional"}

FILLED = {"{{ name }}": "Ada", "{{ city }}": "Turin", "{{ code }}": "8KD2X"}


def filled(template: str) -> str:
    for mark, value in FILLED.items():
        template = template.replace(mark, value)
    return template


def built_mail() -> bytes:
    """A whole mail; the address belongs where `@TO@` stands."""
    head = (
        f"From: Bench <bench@example.com>\nTo: @TO@\nSubject: {filled(SUBJECT)}\n"
        "Message-ID: <0193.1@bench.example.com>\nDate: Tue, 24 Nov 2026 20:00:00 +0000\n"
        'MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="b"\n\n'
    )
    parts = "".join(
        f"--b\nContent-Type: text/{kind}; charset=utf-8\n"
        f"Content-Transfer-Encoding: 8bit\n\n{body}\n"
        for kind, body in (("plain", filled(TEXT)), ("html", filled(HTML)))
    )
    return f"{head}{parts}--b--\n".replace("\n", "\r\n").encode()


def address(channel: str, number: int) -> str:
    return f"r{number}@example.com" if channel == "email" else f"+49151{number:08d}"


def csv(channel: str, people: int) -> Iterator[bytes]:
    """An audience, in pieces of 10,000 lines."""
    yield b"to,id,name,data.city,data.code\n"
    for first in range(0, people, 10_000):
        lines = (
            f"{address(channel, n)},p{n},Ada {n},Turin,{n:06X}\n"
            for n in range(first, min(first + 10_000, people))
        )
        yield "".join(lines).encode()
