"""Contract of ``mau_effects``."""

from crm_assets.contracts.base import SnapshotTable, column

COMPONENTS = ["current", "new_inflow", "reactivated", "main_card", "total"]


class MauEffects(SnapshotTable, key=["month", "component"]):
    """What three measures would add to the monthly active customers, each with its inputs: measured counts and rates,
    and shares that are assumptions (settings)."""

    component: str = column("VARCHAR", "today's, what each measure adds, and all together", isin=COMPONENTS)
    population: float = column(
        "DOUBLE", "customers whom it can reach; of new_inflow today's active", ge=0, unit="customers"
    )
    assumed_share: float = column("DOUBLE", "share of them who follow: a setting; null where nothing is assumed",
                                  nullable=True, ge=0, le=1, unit="share")  # fmt: skip
    active_share: float = column(
        "DOUBLE",
        "measured: in how many months of three such a customer is active, less what it is already",
        nullable=True,
        ge=0,
        le=1,
        unit="share",
    )
    active_customers: float = column(
        "DOUBLE", "monthly active customers: today's, added, together", ge=0, unit="customers"
    )
    change: float = column("DOUBLE", "of today's", nullable=True, unit="share")
