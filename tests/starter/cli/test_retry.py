"""`leads retry --all` retries what failed for good, of all leads."""

from tests.support.commands import Opened, RunLeads, eventually
from tests.support.outside import Outside


async def test_all_that_failed_is_counted_and_retried(
    leads: RunLeads, opened: Opened, outside: Outside, org: str
) -> None:
    assert (await leads("retry", "--all")).out == "No effect has failed for good.\n"
    outside.broken["place_card"] = "park"
    one = await opened()
    again = ("--person", "Ada", "--title", "Another", "--not-a-duplicate", "--json")
    other = str((await leads("start", "--org", org, *again)).json["lead_id"])
    planned = await eventually(
        lambda: leads("retry", "--all"), lambda ended: one in ended.out and other in ended.out
    )
    assert planned.out.startswith("Failed for good: 2 effects of 2 leads\n")
    assert planned.out.endswith("Nothing was changed. Add --yes to do it.\n")
    outside.broken.clear()
    done = await leads("retry", "--all", "--yes", "--json")
    assert (done.code, done.json) == (0, {"leads": 2, "asked": 2, "failed": 0})
    await eventually(lambda: leads("retry", "--all"), lambda ended: "No effect" in ended.out)


async def test_one_lead_or_all(leads_alone: RunLeads) -> None:
    assert (await leads_alone("retry")).code == 2
    assert (await leads_alone("retry", "lead-x", "--all")).code == 2
    assert (await leads_alone("retry", "--all", "--rate", "0")).code == 2
