"""Logging: one JSON line an event, on standard error; no address, token or URL with one in it."""

import logging
import sys

import structlog

# httpx logs each request's URL at INFO: a Telegram URL holds the bot's token.
TOO_TALKATIVE = ("httpx", "httpcore", "aiohttp", "aiosmtplib", "alembic", "asyncio")


def configure(level: str, form: str) -> None:
    """Set up structlog and the standard library's logging for this process."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if form == "console"
        else structlog.processors.JSONRenderer()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    # Tracebacks show lines of code, not values.
    finish: list[structlog.typing.Processor] = [
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
        _without_words,
        renderer,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _without_words(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """An exception's own words may quote a value (a driver's DETAIL, a parser's input).

    Its type and where it was raised are enough to find it.
    """
    for failure in event.get("exception") or ():
        if isinstance(failure, dict):
            failure.pop("exc_value", None)
            failure.pop("exc_notes", None)
    return event
