"""Contract of ``campaigns``."""

from crm_assets.contracts.base import Day, SnapshotTable, column
from crm_assets.contracts.strategies import KPIS


class Campaigns(SnapshotTable, key=["month", "campaign_id"]):
    """The manifest: every campaign of the month, its counts, its files. None where a check of export_checks failed."""

    campaign_id: str = column("VARCHAR", "month and strategy, 2021-12-win_back")
    strategy_id: str = column("VARCHAR", "strategy that it carries out")
    kpi: str = column("VARCHAR", "by what it is judged", isin=KPIS)
    starts_on: Day = column("DATE", "first day of the window")
    ends_on: Day = column("DATE", "last day of the window; the list expires with it")
    definition: str = column("VARCHAR", "whom it is for: the conditions of the strategy")
    fitting: int = column("BIGINT", "customers whom the strategy fits", ge=1, unit="customers")
    in_other_campaigns: int = column(
        "BIGINT", "of them, those whom other campaigns of the month reach instead", ge=0, unit="customers"
    )
    without_consent: int = column("BIGINT", "of the rest, those who did not agree to messages", ge=0, unit="customers")
    treatment: int = column("BIGINT", "of the rest, those to be addressed", ge=0, unit="customers")
    control: int = column("BIGINT", "and those held out", ge=0, unit="customers")
    consent_unknown: int = column(
        "BIGINT", "of the audience, those of whom no consent is known", ge=0, unit="customers"
    )
    holdout_share: float = column("DOUBLE", "planned share of the control", gt=0, lt=1, unit="share")
    converted_before: float = column(
        "DOUBLE",
        "share of the audience who did what the kpi asks for in the last window_days up to as_of (spend = bought); "
        "null where nobody is in it",
        nullable=True, ge=0, le=1, unit="share",
    )  # fmt: skip
    spend_before: float = column("DOUBLE", "its spend in those days per customer", nullable=True, unit="currency")
    detectable: float = column(
        "DOUBLE",
        "smallest rise of converted_before that is found four times in five (5 % two-sided); null where an arm is "
        "empty or even a rise to all would not be found",
        nullable=True, gt=0, unit="share",
    )  # fmt: skip
    detectable_spend: float = column(
        "DOUBLE",
        "smallest change of spend_before that is found four times in five, if spend varies as in those days; null "
        "where nobody bought in them",
        nullable=True, gt=0, unit="currency",
    )  # fmt: skip
    path: str = column("VARCHAR", "file of those to be addressed, relative to the data folder")
    sha256: str = column("VARCHAR", "hash of that file")
    holdout_path: str = column("VARCHAR", "file of those held out")
    holdout_sha256: str = column("VARCHAR", "hash of that file")
