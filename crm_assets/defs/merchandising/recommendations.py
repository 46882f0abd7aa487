"""``recommendations``: what to offer every customer next."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import scipy.sparse as sp

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history, window
from crm_assets.defs.table import table_asset
from crm_assets.merchandising.knowledge import read_knowledge
from crm_assets.merchandising.policies import LEAST_PRICED, LEAST_RECEIPTS, Condition, Policies, Traits, read_policies
from crm_assets.merchandising.purchases import Shoppers, read_shoppers
from crm_assets.merchandising.recommending import Serving
from crm_assets.warehouse import read_query

EVERYBODY = "select customer_id, segment_id from customer_types where month = :month"
_CUSTOMERS = """select coalesce(r.rfm_band, ''), coalesce(t.segment_id, ''), t.lifecycle,
        coalesce(a.interest_category, '')
    from shoppers s
    join customer_types t on t.month = :month and t.customer_id = s.customer_id
    left join rfm_scores r on r.month = :month and r.customer_id = s.customer_id
    left join (
        select customer_id, interest_category,
            row_number() over (partition by customer_id order by month desc) as place
        from attribute_segments where month <= :month and interest_category is not null
    ) a on a.customer_id = s.customer_id and a.place = 1
    where s.place >= :start and s.place < :stop order by s.place"""


@table_asset(
    deps=[
        history("article_purchases"),
        "article_similarities",
        "association_rules",
        history("attribute_segments"),  # of who has left the window the interest that was known last
        "calendar",
        "customer_types",
        window("product_days"),
        "products",
        "recommender_choices",
        "rfm_scores",
    ],
    kinds={"scipy", "duckdb"},
)
def recommendations(month: Month):
    """By the recommender of `recommender_choices`, for every customer seen so far; where it knows nothing of one, the
    favourites of the customer's type. Each `policy_every`-th place goes to a policy of the segment
    (`data/reference/policies.yaml`), where one of the 50 best articles fits it."""
    yield from month.publish(month.stage_frames(served(month)), show)


def served(month: Month) -> Iterator[pd.DataFrame]:
    """Rows of the table, batch by batch; none where nothing was ever bought."""
    policies = read_policies(month.settings.reference)
    recommender = month.scalar("select recommender from recommender_choices where month = :month")
    knowledge = read_knowledge(month.session, month.snapshot, month.settings)
    if not len(knowledge.shelf):
        yield pd.DataFrame(columns=[c.name for c in columns(CONTRACTS[month.name])])
        return
    serving = Serving(knowledge, recommender, policies, month.settings)
    least = {"least_priced": LEAST_PRICED, "least_receipts": LEAST_RECEIPTS}
    article = month.frame(read_query("shelf_traits"), **least)
    for shoppers in read_shoppers(month.session, month.snapshot, knowledge.shelf, EVERYBODY, month=month.first_day):
        of, interest = customers_of(month, shoppers, policies)
        traits = Traits(
            article["category"].to_numpy(dtype=object),
            article["price_place"].to_numpy(dtype=float),
            article["season_lift"].to_numpy(dtype=float),
            interest,
            led_to(month, shoppers),
        )
        yield serving.recommend(shoppers, of, traits)


def customers_of(month: Month, shoppers: Shoppers, policies: Policies) -> tuple[list[tuple[str, ...]], np.ndarray]:
    """(n) policies and (n,) interest category of each, the one known last."""
    rows = month.rows(_CUSTOMERS, start=shoppers.start, stop=shoppers.start + len(shoppers.ids))
    kinds = {kind: policies.of(dict(zip(Condition.model_fields, kind, strict=True))) for kind in {r[:3] for r in rows}}
    return [kinds[r[:3]] for r in rows], np.array([r[3] for r in rows], dtype=object)


def led_to(month: Month, shoppers: Shoppers) -> sp.csr_matrix:
    """(n, m) 1 = a rule leads the customer to the article."""
    stop = shoppers.start + len(shoppers.ids)
    rows = month.session.execute(
        read_query("rule_led"), month=month.first_day, start=shoppers.start, stop=stop
    ).fetchnumpy()
    customer, article = (np.asarray(rows[name], dtype=np.int32) for name in ("customer", "article"))
    return sp.csr_matrix((np.ones(len(customer)), (customer, article)), shape=shoppers.bought.shape)


def show(month: Month) -> Shown:
    customers, articles = month.rows(
        "select count(distinct customer_id), count(distinct product_id) from recommendations where month = :month"
    )[0]
    return {
        "customers": int(customers),
        "articles recommended": int(articles),
        "by reason": month.as_bars(
            "select reason, count(*) from recommendations where month = :month group by reason order by 2 desc, 1",
            "places",
        ),
        "by policy": month.as_bars(
            """select coalesce(policy, 'the recommender’s own'), count(*) from recommendations where month = :month
            group by 1 order by 2 desc, 1""",
            "places",
        ),
        "most recommended": month.as_table(
            """select r.product_id, coalesce(p.name, '') as name, count(*) as customers
            from recommendations r left join products p on p.product_id = r.product_id
            where r.month = :month group by r.product_id, p.name order by customers desc, r.product_id limit 10"""
        ),
    }
