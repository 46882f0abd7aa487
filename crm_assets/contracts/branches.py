"""Contract of ``branches``."""

from crm_assets.contracts.base import Table, column


class Branches(Table, key=["branch_id", "partner_id"]):
    """One row per branch of a partner, as delivered last."""

    branch_id: str = column("VARCHAR", "the shop's id of the branch")
    partner_id: str = column("VARCHAR", "partner that runs the branch")
    region: str = column("VARCHAR", "region of the branch", nullable=True)
    district: str = column("VARCHAR", "district of the branch", nullable=True)
