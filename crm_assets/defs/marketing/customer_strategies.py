"""``customer_strategies``: which strategies fit whom."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.warehouse import read_query


@table_asset(
    deps=[
        "attribute_segments",
        "customer_types",
        "customers",
        "lifestyle_assignments",
        "offer_matches",
        "retention_lists",
        "rfm_scores",
        "strategies",
    ]
)
def customer_strategies(month: Month):
    """Everybody with a receipt up to as_of, the lapsed too. A customer fits a strategy when it has one of the values of
    every trait that the strategy names; a trait that is not known fits nothing. Ranked in the order
    of the catalogue."""
    month.execute(f"create or replace temp table customer_traits as {read_query('strategy_traits')}")
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    everybody, reached = month.rows(
        """select
            (select count(*) from customer_types where month = :month),
            (select count(*) from customer_strategies where month = :month and rank = 1)"""
    )[0]
    return {
        "customers": int(everybody),
        "whom a strategy fits": int(reached),
        "whom none fits": int(everybody) - int(reached),
        "strategies": month.as_table(
            """select s.place, s.strategy_id, s.goal, s.title_ko, count(c.customer_id) as fits,
                sum(case when c.goal_rank = 1 then 1 else 0 end) as first_of_goal,
                sum(case when c.rank = 1 then 1 else 0 end) as first_of_all
            from strategies s
            left join customer_strategies c on c.month = s.month and c.strategy_id = s.strategy_id
            where s.month = :month group by s.place, s.strategy_id, s.goal, s.title_ko order by s.place"""
        ),
    }
