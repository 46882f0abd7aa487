"""Contract of ``campaign_outcomes``."""

from crm_assets.contracts.audiences import ARMS
from crm_assets.contracts.base import Day, SnapshotTable, column, money_sum


class CampaignOutcomes(SnapshotTable, key=["month", "campaign_id", "segment_id", "arm"]):
    """What the customers of a campaign did in its window, summed up: all that its judgement needs. Campaigns whose
    window ended in the month and whose days have all been delivered; all = every customer of it."""

    campaign_id: str = column("VARCHAR", "month and strategy of the campaign")
    segment_id: str = column("VARCHAR", "type that the customers had when it was made; all = everybody")
    arm: str = column("VARCHAR", "treatment or control", isin=ARMS)
    strategy_id: str = column("VARCHAR", "strategy that it carried out")
    kpi: str = column("VARCHAR", "by what it is judged")
    holdout_share: float = column("DOUBLE", "planned share of the control", gt=0, lt=1, unit="share")
    starts_on: Day = column("DATE", "first day of the window")
    ends_on: Day = column("DATE", "last day of the window")
    customers: int = column("BIGINT", "customers of the arm, whether they bought or not", ge=0, unit="customers")
    told: int = column(
        "BIGINT",
        "of them, those whom marketing_responses says this campaign was sent to; null where it knows nothing of the "
        "campaign",
        nullable=True, ge=0, unit="customers",
    )  # fmt: skip
    converted: int = column("BIGINT", "of them, those who did what the kpi asks for", ge=0, unit="customers")
    spend: float = money_sum("their amount in the window")
    spend_squares: float = column("DECIMAL(38,8)", "sum of the squares of each one's amount in the window", ge=0)
    spend_before: float = money_sum("their amount in as many days before the window")
    spend_before_squares: float = column("DECIMAL(38,8)", "sum of its squares", ge=0)
    spend_products: float = column("DECIMAL(38,8)", "sum of the products of the two")
