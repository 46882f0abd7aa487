"""``mau_effects``: what new inflow, reactivation and main-card conversion would add to the monthly active customers."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset
from crm_assets.months import add_months


@table_asset(deps=[window("receipts")])
def mau_effects(month: Month):
    """A calculator, not a forecast: added = population × assumed share × measured share of months active. New inflow
    comes in shares of today's active customers; reactivated are dormant ones (no receipt in three months); main-card
    conversion makes an occasional customer (one month of three) as regular as those with two or three. The shares are
    settings (`mau_new_inflow_share`, `mau_reactivation_share`, `mau_main_share`) and assumptions."""
    staged = month.stage(three_before=add_months(month.first_day, -3))
    yield from month.publish(staged, show)


def show(month: Month) -> Shown:
    total = month.scalar("select max(change) from mau_effects where month = :month and component = 'total'")
    if total is None:
        return {"change": "none: nobody is active"}
    return {
        "change %": round(100 * float(total), 2),
        "components": month.as_table(
            """select component, population, assumed_share, round(active_share, 3) as active_share,
                round(active_customers, 1) as active_customers, round(100 * change, 2) as change_pct
            from mau_effects where month = :month
            order by case component when 'current' then 0 when 'total' then 2 else 1 end, component"""
        ),
    }
