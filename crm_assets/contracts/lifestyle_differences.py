"""Contract of ``lifestyle_differences``."""

from crm_assets.contracts.base import SnapshotTable, column


class LifestyleDifferences(SnapshotTable, key=["month", "lifestyle_id", "other_id", "category"]):
    """In A, not in B: how many members of a lifestyle and of another one have a category. What is in B and not in A is
    in the row where B is the first."""

    lifestyle_id: str = column("VARCHAR", "lifestyle A")
    other_id: str = column("VARCHAR", "lifestyle B")
    category: str = column("VARCHAR", "category that a member of either has")
    in_share: float = column("DOUBLE", "share of A's members who spent on it", ge=0, le=1, unit="share")
    other_share: float = column("DOUBLE", "share of B's members who spent on it", ge=0, le=1, unit="share")
    effect: float = column("DOUBLE", "Cohen's h of the two shares; positive = more in A", ge=-3.1416, le=3.1416)
    in_not_other: bool = column(
        "BOOLEAN",
        "in A and not in B: in_share at least `lifestyle_difference_share`, effect at least "
        "`lifestyle_difference_effect` and three standard errors",
    )
