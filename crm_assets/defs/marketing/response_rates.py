"""``response_rates``: how customers answer messages, and by which way."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset

LEAST_MESSAGES = 3  # fewer tell nothing of a rate


@table_asset(deps=["marketing_responses", "receipts"])
def response_rates(month: Month):
    """One row per customer who was sent something until the end of the month; none where the source has no responses.
    A response is a message that was opened, clicked or converted."""
    yield from month.publish(month.stage(least_messages=LEAST_MESSAGES), show)


def show(month: Month) -> Shown:
    return {
        "preferred channels": month.as_table(
            """select coalesce(preferred_channel, '(none)') as channel, count(*) as customers,
                round(cast(sum(responded) as double) / sum(sent), 3) as response_rate
            from response_rates where month = :month group by channel order by customers desc, channel""",
        ),
    }
