"""An envelope on the line: asking for it, what the server says to it, and clearing up a refusal."""

from aiosmtplib import SMTPServerDisconnected

from activities.smtp_letters import Letter
from activities.smtp_outcomes import SERVICE_CLOSES, Stage, is_definite
from activities.smtp_pipeline import Pipeline
from activities.smtp_replies import Reply

OK, FORWARDS, GO_AHEAD, OUT_OF_ORDER = 250, 251, 354, 503
WANTED = ((Stage.MAIL, (OK,)), (Stage.RCPT, (OK, FORWARDS)), (Stage.DATA, (GO_AHEAD,)))


def address(line: Pipeline, letter: Letter) -> None:
    """Ask for its envelope, behind a RSET where the one before was refused."""
    if line.connection.dirty:
        line.ask(b"RSET\r\n")
    line.ask(*letter.envelope(line))
    letter.stage = Stage.MAIL


async def refusal(line: Pipeline, letter: Letter) -> Reply | None:
    """The definite reply that refuses the envelope, or None: the server waits for the content.

    Raises what ends the connection: any other reply, 421, and whatever says that the server is not
    ready for a new envelope.
    """
    if line.connection.dirty:
        reply = await line.reply(letter.deadline)
        if reply.code != OK:
            raise reply.error()
        line.connection.dirty = False
    for stage, codes in WANTED:
        letter.stage = stage
        reply = await line.reply(letter.deadline)
        if reply.code in codes:
            continue
        out_of_step = stage is Stage.MAIL and line.used and reply.code == OUT_OF_ORDER
        if out_of_step or reply.code == SERVICE_CLOSES or not is_definite(reply.code):
            raise reply.error()
        return reply
    return None


async def clear(line: Pipeline, letter: Letter) -> None:
    """Read what else the server says to a refused envelope, so that the next can be asked for.

    A server that waits for the content all the same gets a lone dot, and what it says to that
    counts for nothing. If it has a recipient after all, the dot would send an empty mail: raises.
    """
    line.used = line.connection.dirty = True
    line.forget()
    replies = [await line.reply(letter.deadline) for _ in range(line.owed)]
    if not replies or replies[-1].code != GO_AHEAD:
        return
    if any(reply.code in (OK, FORWARDS) for reply in replies[:-1]):
        raise SMTPServerDisconnected("the recipient was taken, and the sender was not")
    line.ask(b".\r\n")
    await line.reply(letter.deadline)
