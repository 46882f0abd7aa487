"""``payment_habits``: how customers pay, and what they pay again and again."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import recent
from crm_assets.defs.table import table_asset
from crm_assets.lifestyle.spend import first_month


@table_asset(deps=[recent("raw_transactions"), "products"], also=["recurring_payments"])
def payment_habits(month: Month):
    """The last `lifestyle_months` months. Low value: below `low_value_amount`, by default a quarter of the shop's
    median receipt. Card not present: the attribute `card_present`, else the channel. Recurring, listed in
    `recurring_payments`: told by the attribute `recurring`, or paid to a payee in each of the months, at most
    `recurring_most_a_month` times, within `recurring_tolerance` of the mean."""
    first = first_month(month.snapshot, month.settings.lifestyle_months)
    also = [month.also_query("recurring_payments", first_month=first)]
    yield from month.publish(month.stage(first_month=first), show, also=also)


def show(month: Month) -> Shown:
    low, low_value, not_present = month.rows(
        """select max(low_value_amount), sum(low_value_receipts) / sum(receipts),
            cast(sum(not_present_receipts) as double) / nullif(sum(known_receipts), 0)
        from payment_habits where month = :month"""
    )[0]
    return {
        "of low value below": "unknown" if low is None else f"{low:,.2f}",
        "receipts of low value": _percent(low_value),
        "receipts without the card": _percent(not_present),
        "recurring payments": month.as_table(
            """select category, told_by, count(*) as payees, round(avg(amount), 0) as mean_amount
            from recurring_payments where month = :month group by category, told_by
            order by payees desc, category, told_by"""
        ),
    }


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{100 * share:.1f} %"
