"""``dormancy_scores``: what the model and every simple rule say."""

from collections.abc import Iterator

import pandas as pd

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.retention.dormancy_model import CANDIDATES, DormancyModel, main_reasons, probabilities
from crm_assets.retention.dormancy_registry import REGISTRY

BATCH = 200_000  # customers in memory


@table_asset(deps=["dormancy_features", "dormancy_model"], kinds={"scikitlearn", "duckdb"})
def dormancy_scores(month: Month):
    """Kept as they were said, so that later months can judge them: nobody is scored by a model that knew the answer. A
    month without a model has no row."""
    model = REGISTRY.of_month(month.session, month.first_day, month.settings)
    yield from month.publish(month.stage_frames(scored(month, model) if model else ()), show)


def scored(month: Month, model: DormancyModel) -> Iterator[pd.DataFrame]:
    """The month's customers batch by batch, each with what every candidate says of it."""
    customers = month.scalar("select count(*) from dormancy_features where month = :month")
    for start in range(0, customers, BATCH):
        rows = month.frame(
            "select * from dormancy_features where month = :month order by customer_id limit :size offset :start",
            size=BATCH,
            start=start,
        )
        yield rows[["customer_id"]].join(probabilities(model, rows)).assign(reason=main_reasons(model, rows))


def show(month: Month) -> Shown:
    columns = ", ".join(f"round(avg({name}), 3) as {name}" for name in CANDIDATES)
    return {"mean probabilities": month.as_table(f"select {columns} from dormancy_scores where month = :month")}
