"""``customer_moves``: who changed its state since last month, and why."""

import pandas as pd

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import two_months
from crm_assets.defs.table import table_asset
from crm_assets.retention.month_before import require_month_before
from crm_assets.retention.movement import counted, reasons
from crm_assets.segmentation.registry import REGISTRY
from crm_assets.warehouse import read_query


@table_asset(
    deps=[
        two_months("customer_types"),
        two_months("rfm_scores"),
        two_months("cluster_assignments"),
        "receipts",
    ],
    also=["move_reasons"],
)
def customer_moves(month: Month):
    """A type is a function of R, F, M and the model, so the reason is computed, not guessed: the model of the month
    before is asked for the type of today's figures. Written with it: `move_reasons`, the counts."""
    require_month_before(month.session, month.snapshot)
    both = (month.snapshot.month_before, month.first_day)
    models = [REGISTRY.of_month(month.session, of_month, month.settings) for of_month in both]
    moves = reasons(month.frame(read_query(month.name)), *models)
    also = [month.also("move_reasons", counted(moves))]
    yield from month.publish(month.stage_frame(moves), lambda m: show(m, moves), also=also)


def show(month: Month, moves: pd.DataFrame) -> Shown:
    return {
        "customers moved": len(moves),
        "moved by the model alone": int((moves["reason"] == "model").sum()),
        "reasons": month.as_table(
            """select reason, sum(customers) as customers from move_reasons where month = :month
            group by reason order by customers desc, reason""",
        ),
    }
