"""Contract of ``dormancy_grades``."""

from crm_assets.contracts.base import SnapshotTable, column, money_sum


class DormancyGrades(SnapshotTable, key=["month", "rfm_grade"]):
    """Dormancy by RFM grade: how many customers are expected to fall silent, what is at risk, how far to trust it."""

    rfm_grade: str = column("VARCHAR", "S1's grade of rfm_scores; all = everybody")
    customers: int = column("BIGINT", "customers of the window", ge=1, unit="customers")
    expected_dormant: float = column("DOUBLE", "sum of the probabilities", ge=0, unit="customers")
    dormant_share: float = column("DOUBLE", "mean probability", ge=0, le=1, unit="share")
    p_alive_mean: float = column("DOUBLE", "mean P(alive)", nullable=True, ge=0, le=1)
    value_at_risk: float = money_sum("sum of value_at_risk")
    expected_spend: float = money_sum("sum of expected_spend")
    served: str = column("VARCHAR", "whose probabilities these are; several for all where grades differ")
    grade: str = column("VARCHAR", "A, B, C of dormancy_choices", nullable=True, isin=["A", "B", "C"])
    gain: float = column("DOUBLE", "Brier score of the best naive rule less that of the model", nullable=True)
