"""Contract of ``campaign_results``."""

from crm_assets.contracts.base import SnapshotTable, column

METRICS = ["conversion", "spend", "spend_cuped"]
VERDICTS = ["better", "worse", "undecided", "too_few", "broken"]


class CampaignResults(SnapshotTable, key=["month", "campaign_id", "segment_id", "metric"]):
    """What a campaign did: the treated against those held out, by type, from later receipts."""

    campaign_id: str = column("VARCHAR", "month and strategy of the campaign")
    segment_id: str = column("VARCHAR", "type that the customers had when it was made; all = everybody")
    metric: str = column(
        "VARCHAR",
        "conversion = share who did what the kpi asks for; spend = amount in the window per customer, zeros included; "
        "spend_cuped = the same, adjusted by the spend before",
        isin=METRICS,
    )
    strategy_id: str = column("VARCHAR", "strategy that it carried out")
    kpi: str = column("VARCHAR", "by what it is judged")
    treatment: int = column("BIGINT", "treated customers", ge=0, unit="customers")
    control: int = column("BIGINT", "customers held out", ge=0, unit="customers")
    treatment_mean: float = column("DOUBLE", "share or amount of the treated", nullable=True)
    control_mean: float = column("DOUBLE", "the same of those held out", nullable=True)
    difference: float = column("DOUBLE", "treated less held out; below 0 = it did harm", nullable=True)
    difference_low: float = column("DOUBLE", "lower end of its 95 % interval; null where p is", nullable=True)
    difference_high: float = column("DOUBLE", "upper end; null where p is", nullable=True)
    lift: float = column(
        "DOUBLE", "difference ÷ control_mean; null where that is not above 0", nullable=True, unit="share"
    )
    p: float = column(
        "DOUBLE",
        "two-sided p of no difference; null = too few for a test, or a broken campaign",
        nullable=True, ge=0, le=1,
    )  # fmt: skip
    p_adjusted: float = column(
        "DOUBLE",
        "Benjamini–Hochberg over the types of all the month's campaigns; of `all` over the campaigns; by metric",
        nullable=True, ge=0, le=1,
    )  # fmt: skip
    srm_p: float = column(
        "DOUBLE",
        "chi-square p of the arms' sizes against the planned share; below 0.001 the assignment is broken and nothing "
        "is claimed; null = too few are expected in an arm",
        nullable=True, ge=0, le=1,
    )  # fmt: skip
    variance_reduction: float = column(
        "DOUBLE", "share of the variance that the spend before explains; of spend_cuped only", nullable=True, ge=0, le=1
    )
    verdict: str = column(
        "VARCHAR",
        "better, worse = p_adjusted below 0.05; undecided; too_few = no test; broken = the arms' sizes are not those "
        "planned, or those held out were told",
        isin=VERDICTS,
    )
