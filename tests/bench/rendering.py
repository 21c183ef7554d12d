"""What rendering a message and writing it as MIME cost, in microseconds of CPU and as ratios.

`python -m tests.bench.rendering`: each case in turn with a calibration loop of the same run, for
machines drift; the ratio to it is what compares between runs.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from models.messages import Channel, Message
from models.rendering import content as contents
from models.rendering.mime import mime
from tests.bench.figures import quantile

ROUNDS, REPEATS = 60, 100
SENDER = "Tidings <news@example.com>"
STORY = (
    "<p>This week we have moved our workshop to a larger hall by the river, and there is room for"
    " everybody who likes to look on. Bring your own tools if you have some, or use ours.</p>\n"
)
HTML = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>News</title></head><body>\n'
    '<p>Hello {{ user.name|default("there") }},</p>\n'
    + STORY
    * 26
    + "<ul>\n{% for item in items %}\n"
    '<li><a href="https://example.com/i/{{ item.id }}">{{ item.title }}</a> {{ item.price }}</li>\n'
    "{% endfor %}\n</ul>\n"
    '{% if plan == "pro" %}\n<p>Thank you for being with us, {{ user.name }}.</p>\n{% endif %}\n'
    '<p><a href="{{ link }}">Unsubscribe</a></p></body></html>\n'
)
TEXT = (
    'Hello {{ user.name|default("there") }},\n'
    + "This week we have moved our workshop to a larger hall by the river.\n" * 12
    + "{% for item in items %}\n- {{ item.title }}: {{ item.price }}\n{% endfor %}\n"
    '{% if plan == "pro" %}\nThank you, {{ user.name }}.\n{% endif %}\n{{ link }}\n'
)
PARTS = {"subject": "News for {{ user.name }}", "html": HTML, "text": TEXT}
DATA: dict[str, Any] = {
    "user": {"name": "Ann Lee"},
    "items": [{"id": 10 + i, "title": f"Title & {i}", "price": "12.50"} for i in range(3)],
    "plan": "pro",
    "link": "https://example.com/u/0123456789abcdef0123456789abcdef",
}


def cases() -> dict[str, Callable[[], object]]:
    """What is measured, by name."""
    both = {"email": {"default": PARTS}}
    html = {"email": {"default": {key: PARTS[key] for key in ("subject", "html")}}}
    rendered = contents.render(both, "email", "en", DATA)
    ascii_ = Message(
        id="01990000-0000-7000-8000-000000000001.7",
        channel=Channel.EMAIL,
        to="ann@example.com",
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        headers={"List-Unsubscribe": "<https://example.com/u/0123456789>"},
    )
    other = replace(
        ascii_,
        subject="Grüße für Jörg Müller",
        text=ascii_.text.replace("larger", "größer"),
        html=ascii_.html.replace("larger", "größer"),
    )
    return {
        "render: subject, HTML, text": lambda: contents.render(both, "email", "en", DATA),
        "render: subject, HTML": lambda: contents.render(html, "email", "en", DATA),
        "mime: ASCII": lambda: mime(ascii_, "example.com", SENDER),
        "mime: UTF-8, base64": lambda: mime(other, "example.com", SENDER),
        "mime: UTF-8, 8bit": lambda: mime(other, "example.com", SENDER, eight_bit=True),
    }


def calibration() -> int:
    """A fixed piece of Python: some 10 µs where the figures of the documents come from."""
    total = 0
    for number in range(200):
        total += number % 7
    return total


def main() -> None:
    """Print a line for each case."""
    measured = {"calibration loop": calibration, **cases()}
    times: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(ROUNDS):
        for name, run in measured.items():
            started = time.process_time_ns()
            for _ in range(REPEATS):
                run()
            times[name].append((time.process_time_ns() - started) / REPEATS / 1000)
    medians = {name: quantile(each, 0.5) for name, each in times.items()}
    for name, micros in medians.items():
        print(f"{name:28} {micros:7.1f} µs {micros / medians['calibration loop']:6.2f} ×")


if __name__ == "__main__":
    main()
