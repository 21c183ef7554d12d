"""`tidings audit` as a person and a script meet it: words, exit codes, no addresses."""

import json
from collections.abc import Awaitable, Callable

import pytest
from fabricated_campaigns import CAMPAIGN, FabricatedCampaign
from fabricated_ledgers import OWNER, Ledgers

Said = tuple[int | None, str, str]
Run = Callable[..., Awaitable[Said]]


@pytest.fixture
def tidings_audit(ledgers: Ledgers, in_thread: Run) -> Run:
    async def run(*options: str, by: Run = in_thread) -> Said:
        await ledgers.audit()  # writes the journals
        return await by("audit", *options, **environment(ledgers.url))

    return run


@pytest.fixture
def tidings_campaigns_audit(campaign: FabricatedCampaign, in_thread: Run) -> Run:
    async def run(*options: str) -> Said:
        campaign.write_journal()
        folder = str(campaign.folder)
        command = ("campaigns", "audit", CAMPAIGN, "--sandbox", folder)
        return await in_thread(*command, *options, **environment(campaign.url))

    return run


def environment(database_url: str) -> dict[str, str]:
    return {"TIDINGS_DATABASE_URL": database_url, "COLUMNS": "100"}


async def test_books_that_agree_are_exit_0(
    ledgers: Ledgers, tidings_audit: Run, as_process: Run
) -> None:
    journal = str(ledgers.folder / "client.ndjson")
    options = ("--sandbox", str(ledgers.folder), "--journal", journal, "--rate", "twilio=2")
    code, out, err = await tidings_audit(*options, by=as_process)
    assert (code, err) == (0, "")
    assert "1 arrived more than once, each after an unknown: explained." in out
    assert out.endswith("the books agree\n")


async def test_a_difference_is_exit_1_and_names_ids_and_no_address(
    ledgers: Ledgers, tidings_audit: Run
) -> None:
    ledgers.effects = ()
    code, out, _ = await tidings_audit("--sandbox", str(ledgers.folder))
    assert code == 1
    assert "sent_without_effect: not so that what is sent has reached the vendor: 2" in out
    assert f"  {OWNER}.1\n" in out
    assert out.endswith("the books differ\n")
    assert "example.com" not in out
    assert "+49" not in out


async def test_json_lists_every_offender(ledgers: Ledgers, tidings_audit: Run) -> None:
    ledgers.effects = ()
    code, out, _ = await tidings_audit("--sandbox", str(ledgers.folder), "--json")
    facts = json.loads(out)
    ids = {check["name"]: check["ids"] for check in facts["checks"] if check["differences"]}
    assert (code, facts["agrees"]) == (1, False)
    assert ids == {"sent_without_effect": [f"{OWNER}.1", f"{OWNER}.2"]}


async def test_what_is_missing_is_said_in_one_line(ledgers: Ledgers, tidings_audit: Run) -> None:
    code, _, err = await tidings_audit()
    assert (code, err.count("\n")) == (1, 1)
    assert "name the journal with --sandbox" in err
    code, _, err = await tidings_audit("--sandbox", "/nowhere.ndjson")
    assert (code, err) == (
        1,
        "tidings: cannot read the journal /nowhere.ndjson (No such file or directory)\n",
    )
    code, _, err = await tidings_audit("--sandbox", str(ledgers.folder), "--rate", "20")
    assert (code, err) == (1, "tidings: --rate 20: want ACCOUNT=N, such as twilio=20\n")


async def test_one_campaign_is_told_with_its_books(
    campaign: FabricatedCampaign, tidings_campaigns_audit: Run
) -> None:
    code, out, err = await tidings_campaigns_audit()
    assert (code, err) == (0, "")
    assert out.startswith(
        "News, running\n11 people = 4 sent + 1 refused + 2 suppressed + 1 expired + 0 cancelled"
        " + 1 unknown + 2 pending\n"
    )
    assert out.endswith("the books agree\n")


async def test_a_campaign_that_differs_is_exit_1_and_names_no_address(
    campaign: FabricatedCampaign, tidings_campaigns_audit: Run
) -> None:
    await campaign.connection.execute("DELETE FROM campaign_approval")
    campaign.effects = ()
    code, out, _ = await tidings_campaigns_audit()
    assert code == 1
    assert "approval_missing: not so that as many have approved it as it needs: 1" in out
    assert f"  {CAMPAIGN}.10\n" in out
    assert "example.com" not in out
    code, out, _ = await tidings_campaigns_audit("--json")
    facts = json.loads(out)
    assert (code, facts["agrees"], facts["campaign"]["books"]["sent"]) == (1, False, 4)


async def test_a_campaign_of_nobody_is_one_line(
    campaign: FabricatedCampaign, tidings_campaigns_audit: Run
) -> None:
    await campaign.connection.execute("DELETE FROM campaign_approval; DELETE FROM campaign")
    assert await tidings_campaigns_audit() == (1, "", "tidings: no such campaign\n")
