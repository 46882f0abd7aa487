"""``payment_habits``: small receipts, payments without the card, and what is paid again and again."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import recent
from crm_assets.defs.table import table_asset
from crm_assets.lifestyle.spend import first_month
from crm_assets.months import months_between


@table_asset(deps=[recent("raw_transactions"), recent("receipts"), "products"], also=["recurring_payments"])
def payment_habits(month: Month):
    """The last `lifestyle_months` months. Small is a receipt below `low_value_amount`, by default a quarter of the
    median receipt, since currencies and shops differ. Whether the card was present is an attribute of the source
    (`card_present`); a shop without it is told by its channels. `recurring_payments` lists what is paid again and
    again: by the source's mark (`recurring`), or by its rhythm, which a first month or two of history cannot have."""
    first = first_month(month.snapshot, month.settings.lifestyle_months)
    given = {"first_month": first, "months_read": months_between(first, month.first_day) + 1}
    also = [month.also_query("recurring_payments", **given)]
    yield from month.publish(month.stage(**given), show, also=also)


def show(month: Month) -> Shown:
    return {
        "small below": month.scalar(
            "select cast(max(low_value_amount) as double) from payment_habits where month = :month"
        )
        or 0.0,
        "shares": month.as_table(
            """select count(*) as customers, round(100 * avg(low_value_share), 1) as small_pct,
                round(100 * avg(not_present_share), 1) as without_card_pct,
                sum(case when recurring_payees > 0 then 1 else 0 end) as with_recurring,
                round(100 * avg(recurring_share), 1) as recurring_pct
            from payment_habits where month = :month"""
        ),
        "recurring": month.as_table(
            """select coalesce(category, '–') as category, found_by, count(*) as payees,
                count(distinct customer_id) as customers, round(avg(monthly_amount), 0) as mean_monthly_amount
            from recurring_payments where month = :month
            group by category, found_by order by payees desc, category, found_by limit 20"""
        ),
    }
