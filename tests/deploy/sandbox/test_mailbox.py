import aiohttp

from deploy.local.sandbox.effects import Effect
from deploy.local.sandbox.server import Running

EVIL = '"><script>alert(1)</script>'


async def page(http: aiohttp.ClientSession, path: str, status: int = 200) -> tuple[str, str]:
    async with http.get(path) as response:
        assert response.status == status
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        return await response.text(), response.headers["Content-Security-Policy"]


def effect(to: str, vendor: str = "smtp", **more: str) -> Effect:
    return Effect(vendor=vendor, account="mailer", to=to, vendor_id="1", **more)


async def test_an_empty_mailbox_says_what_to_do(http: aiohttp.ClientSession) -> None:
    text, _ = await page(http, "/")
    assert "Nothing has arrived yet" in text
    assert "<table" not in text


async def test_the_newest_message_comes_first(
    sandbox: Running, http: aiohttp.ClientSession
) -> None:
    await sandbox.desk.journal.append([effect("a@x.io", subject="number one")])
    await sandbox.desk.journal.append([effect("b@x.io", vendor="twilio", text="second one")])
    text, _ = await page(http, "/")
    assert text.index("second one") < text.index("number one")
    assert ">SMS<" in text
    assert ">Email<" in text


async def test_the_filter_finds_part_of_a_recipient_at_a_vendor(
    sandbox: Running, http: aiohttp.ClientSession
) -> None:
    letters = [effect("Ada@x.io"), effect("bob@x.io"), effect("ada@x.io", vendor="sendgrid")]
    await sandbox.desk.journal.append(letters)
    text, _ = await page(http, "/?to=aDa&vendor=smtp")
    assert "Ada@x.io" in text
    assert "bob@x.io" not in text
    assert text.count('class="message"') == 1
    assert "Nothing fits this filter" in (await page(http, "/?to=nobody"))[0]


async def test_nothing_that_arrives_can_run(sandbox: Running, http: aiohttp.ClientSession) -> None:
    letter = effect(EVIL, subject=EVIL, text=EVIL, html=EVIL, key=EVIL, sender=EVIL)
    await sandbox.desk.journal.append([letter])
    for path in ("/", f"/?to={EVIL}", "/messages/1"):
        text, policy = await page(http, path)
        assert "<script>" not in text
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert 'sandbox=""' in text
    assert 'srcdoc="&#34;&gt;&lt;script' in text


async def test_a_message_that_was_kept_from_its_sender_says_so(
    sandbox: Running, http: aiohttp.ClientSession
) -> None:
    kept = Effect(
        vendor="smtp", account="", to="a@x.io", vendor_id="1", fault="garbage", answered=False
    )
    await sandbox.desk.journal.append([kept])
    text, _ = await page(http, "/messages/1")
    assert "its sender was not told" in text


async def test_a_message_that_is_not_there_is_not_found(http: aiohttp.ClientSession) -> None:
    for path in ("/messages/7", "/messages/x"):
        text, _ = await page(http, path, status=404)
        assert "is not here" in text
