"""Contract of ``dormancy_choices``."""

from crm_assets.contracts.base import SnapshotTable, column


class DormancyChoices(SnapshotTable, key=["month", "slice"]):
    """For all customers and each RFM grade: who tells dormancy best by the evidence, and what the model is worth."""

    slice: str = column("VARCHAR", "all, or an RFM grade")
    served: str = column("VARCHAR", "the candidate whose probability is served")
    grade: str = column(
        "VARCHAR",
        "A: the model beats the best naive rule, interval above 0; B: it does, interval not clear of 0; C: it does "
        "not, and the rule is served; null without enough customers of either answer, where that of all decides",
        nullable=True,
        isin=["A", "B", "C"],
    )
    best_rule: str = column("VARCHAR", "the best naive rule there", nullable=True)
    gain: float = column("DOUBLE", "Brier score of the best rule less that of the model", nullable=True)
    gain_low: float = column("DOUBLE", "lower end of the 95 % interval", nullable=True)
    gain_high: float = column("DOUBLE", "upper end of it", nullable=True)
    base: int = column("BIGINT", "customers × months behind it", ge=0)
