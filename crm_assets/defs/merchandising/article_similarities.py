"""``article_similarities``: which articles the buyers of an article want."""

import numpy as np
import pandas as pd

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset
from crm_assets.merchandising.purchases import read_shelf, read_shoppers
from crm_assets.merchandising.similarity import co_purchases, companions, ease_weights

EVERYBODY = """select distinct customer_id, cast(null as varchar) as segment_id from article_purchases
    where month between :window_start and :month"""


@table_asset(deps=[window("article_purchases"), "calendar", "products"], kinds={"scipy", "duckdb"})
def article_similarities(month: Month):
    """EASE (Steck 2019) on who bought what in the window, λ = `recommender_regularisation`: in closed form, so there is
    nothing to train. Of the matrix the most telling weights above 0 of each article are kept."""
    shelf = read_shelf(month.session, month.snapshot, month.settings)
    since = month.snapshot.window_start
    shoppers = read_shoppers(
        month.session, month.snapshot, shelf, EVERYBODY, since=since, window_start=since, month=month.first_day
    )
    counts = co_purchases((s.bought for s in shoppers), len(shelf))
    with month.session.lent("companions", pairs(month, counts)):
        staged = month.stage()
    yield from month.publish(staged, show)


def pairs(month: Month, counts: np.ndarray) -> pd.DataFrame:
    """article, because (places on the shelf), weight, customers.

    Args:
        counts: of ``co_purchases``.
    """
    together = counts.copy()
    weights = ease_weights(counts, month.settings.recommender_regularisation)
    told = companions(weights, month.settings.recommender_neighbours).tocoo()
    customers = together[told.row, told.col].astype(int)
    return pd.DataFrame({"article": told.col, "because": told.row, "weight": told.data, "customers": customers})


def show(month: Month) -> Shown:
    articles, pairs = month.rows(
        "select count(distinct product_id), count(*) from article_similarities where month = :month"
    )[0]
    return {
        "articles with companions": int(articles),
        "pairs": int(pairs),
        "most telling": month.as_table(
            """select s.product_id, coalesce(p.name, '') as name, s.because_product_id, coalesce(b.name, '') as because,
                round(s.weight, 3) as weight, s.customers
            from article_similarities s
            left join products p on p.product_id = s.product_id
            left join products b on b.product_id = s.because_product_id
            where s.month = :month order by s.weight desc, s.product_id, s.because_product_id limit 8"""
        ),
    }
