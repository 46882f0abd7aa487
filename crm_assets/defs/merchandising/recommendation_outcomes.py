"""``recommendation_outcomes``: what became of the recommendations that were served."""

import numpy as np
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.merchandising.recommender_evidence import figures_of
from crm_assets.defs.partitions import history, two_months
from crm_assets.defs.table import table_asset
from crm_assets.merchandising.judging import ALL, AT, Judgement, read_judged
from crm_assets.merchandising.purchases import Shoppers, read_shelf

SERVED, UNRULED = "served", "unruled"
_UNRULED = """select e.* from recommender_evidence e
    join recommender_choices c on c.month = :month_before and c.recommender = e.recommender
    where e.month = :month order by e.slice"""


@table_asset(
    deps=[
        history("article_purchases"),
        two_months("customer_types"),
        two_months("recommendations"),
        two_months("recommender_choices"),
        "recommender_evidence",
        "calendar",
    ],
    kinds={"scipy", "duckdb"},
)
def recommendation_outcomes(month: Month):
    """Served: the stored recommendations of the month before, policies included, on the same customers as
    `recommender_evidence`. Unruled: the figures there of the recommender that was chosen then; none where fewer than
    ten are recommended."""
    unruled = month.frame(_UNRULED).assign(recommender=UNRULED)
    if month.settings.recommendations_per_customer < AT:
        unruled = unruled[:0]  # ten places reach more than fewer do: that would be no comparison
    made = pd.concat([served(month), unruled[[c.name for c in columns(CONTRACTS[month.name])]]], ignore_index=True)
    yield from month.publish(month.stage_frame(made), show)


def served(month: Month) -> pd.DataFrame:
    """Rows of the table of what was served."""
    before = month.settings.snapshot(month.snapshot.month_before.isoformat())
    shelf = read_shelf(month.session, before, month.settings)
    found = Judgement(len(shelf))
    if month.scalar("select count(*) from recommendations where month = :month_before"):
        for shoppers, answers in read_judged(month.session, before, shelf, month.settings, month.snapshot):
            found.add(places(month, shoppers), shoppers, answers)
    rows = [{"recommender": SERVED, **row} for row in found.rows()]
    return pd.DataFrame(rows, columns=[c.name for c in columns(CONTRACTS[month.name])])


def places(month: Month, shoppers: Shoppers) -> np.ndarray:
    """(n, 10) what each was recommended at the end of the month before; −1 = nothing at that place."""
    rows = month.session.execute(
        """select s.place as customer, r.rank - 1 as column, h.place as article
        from shoppers s
        join recommendations r on r.month = :month_before and r.customer_id = s.customer_id and r.rank <= :at
        join shelf h on h.product_id = r.product_id
        where s.place >= :start and s.place < :stop""",
        month_before=month.snapshot.month_before,
        at=AT,
        start=shoppers.start,
        stop=shoppers.start + len(shoppers.ids),
    ).fetchnumpy()
    made = np.full((len(shoppers.ids), AT), -1)
    made[np.asarray(rows["customer"]) - shoppers.start, np.asarray(rows["column"])] = np.asarray(rows["article"])
    return made


def show(month: Month) -> Shown:
    return {"all": month.as_table(figures_of("recommendation_outcomes"), slice=ALL)}
