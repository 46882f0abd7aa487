"""Contract of ``rfm_scores``."""

from crm_assets.contracts.base import SnapshotTable, column, money

GRADES = ["HHH", "HHL", "HLH", "HLL", "LHH", "LHL", "LLH", "LLL"]


class RfmScores(SnapshotTable, key=["month", "customer_id"]):
    """Recency, frequency and monetary of the customers with a receipt in the window, scored 1-5, ties kept together."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    recency_days: int = column("BIGINT", "as_of minus the last purchase date", ge=0, unit="days")
    recency_from_start_days: int = column(
        "BIGINT", "last purchase date minus history_start (S0: larger is better)", ge=0, unit="days"
    )
    frequency: int = column("BIGINT", "distinct receipts in the window", ge=1, unit="receipts")
    visit_days: int = column("BIGINT", "distinct purchase dates in the window", ge=1, unit="days")
    monetary: float = money("amount spent in the window")
    r_score: int = column("BIGINT", "1-5, 5 = most recent", ge=1, le=5)
    f_score: int = column("BIGINT", "1-5, 5 = most often", ge=1, le=5)
    m_score: int = column("BIGINT", "1-5, 5 = most spent", ge=1, le=5)
    rfm_score: int = column("BIGINT", "100 r + 10 f + m", ge=111, le=555)
    rfm_band: str = column("VARCHAR", "band of the score by S4, data/reference/rfm/rfm_band.yaml")
    rfm_band_standard11: str = column("VARCHAR", "band of the score in the scheme of eleven, standard11")
    rfm_grade: str = column(
        "VARCHAR",
        "S1's grade: R, F, M each H (at or above the month's median) or L",
        isin=GRADES,
    )
    rfm_type: str = column("VARCHAR", "S2's type by scores: core, hesitant, new, lapsed_core; else the grade")
