"""Contract of ``leads``."""

from crm_assets.contracts.base import Day, Table, column


class Leads(Table, key=["lead_id"]):
    """Enquiries of possible customers, and what became of them, where the source has them; as delivered last,
    attributes too, also for the months before that delivery. Without ``decided_on`` an outcome that was delivered later
    counts from ``lead_outcome_days`` after the lead on, also when an earlier month is made again."""

    lead_id: str = column("VARCHAR", "the source's id of the lead", str_length={"min_value": 1})
    created_at: Day = column("DATE", "day on which it came in")
    company_id: str = column("VARCHAR", "the company that asks", nullable=True)
    owner_id: str = column("VARCHAR", "the sales person who has it", nullable=True)
    message: str = column("VARCHAR", "what the company wrote", nullable=True)
    converted: str = column(
        "VARCHAR", "whether it became a sale; null = not known yet", nullable=True, isin=["yes", "no"]
    )
    decided_on: Day = column(
        "DATE", "day on which that was known; null = lead_outcome_days after created_at", nullable=True
    )
