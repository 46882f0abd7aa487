"""``dormancy_scores``: what the model and every simple rule say."""

from functools import partial

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.retention.dormancy_model import CANDIDATES, said
from crm_assets.retention.dormancy_registry import REGISTRY

BATCH = 200_000  # customers in memory
_CUSTOMERS = """select *, row_number() over (order by customer_id) - 1 as place from dormancy_features
    where month = :month"""


@table_asset(deps=["dormancy_features", "dormancy_model"], kinds={"scikitlearn", "duckdb"})
def dormancy_scores(month: Month):
    """Kept as they were said, so that later months can judge them: nobody is scored by a model that knew the answer. A
    month without a model has no row."""
    model = REGISTRY.of_month(month.session, month.first_day, month.settings)
    staged = month.stage_scored(_CUSTOMERS, partial(said, model), BATCH) if model else month.stage_frames(())
    yield from month.publish(staged, show)


def show(month: Month) -> Shown:
    columns = ", ".join(f"round(avg({name}), 3) as {name}" for name in CANDIDATES)
    return {"mean probabilities": month.as_table(f"select {columns} from dormancy_scores where month = :month")}
