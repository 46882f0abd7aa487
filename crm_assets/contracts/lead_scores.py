"""Contract of ``lead_scores``."""

from crm_assets.contracts.base import Day, SnapshotTable, column


class LeadScores(SnapshotTable, key=["month", "lead_id"]):
    """The list of leads: how probably each becomes a sale, who is called first, and why (영업기회전환지수)."""

    lead_id: str = column("VARCHAR", "the source's id of the lead")
    created_at: Day = column("DATE", "day on which it came in")
    company_id: str = column("VARCHAR", "the company that asks", nullable=True)
    owner_id: str = column("VARCHAR", "the sales person who has it", nullable=True)
    source: str = column(
        "VARCHAR",
        "scored = its outcome was open; out_of_fold = the model learned from it, and this is what one said that had "
        "not; unseen = its outcome was known, but the model has not learned from it",
        isin=["scored", "out_of_fold", "unseen"],
    )
    converted: str = column("VARCHAR", "its outcome, as far as known by as_of", nullable=True, isin=["yes", "no"])
    probability: float = column("DOUBLE", "probability of a sale, calibrated", ge=0, le=1)
    lead_index: float = column("DOUBLE", "영업기회전환지수: the probability on a scale of 0 to 100", ge=0, le=100)
    decile: int = column("BIGINT", "tenth by probability, 1 = best; of open leads and of the others apart", ge=1, le=10)
    rank: int = column("BIGINT", "place among the open leads; of equal ones the newer first", nullable=True, ge=1)
    within_capacity: bool = column("BOOLEAN", "open, and among the best lead_capacity")
    predicted: bool = column("BOOLEAN", "called a sale: the probability reaches the threshold")
    margin: float = column("DOUBLE", "log-odds before calibration; null out of fold", nullable=True)
    reasons: str = column(
        "VARCHAR",
        "JSON: base, top (column, value, contribution; by weight) and rest, which sum to the margin; null out of fold",
        nullable=True,
    )
    trained_as_of: Day = column("DATE", "as_of of the model")
