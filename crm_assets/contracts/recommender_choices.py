"""Contract of ``recommender_choices``."""

from crm_assets.contracts.base import SnapshotTable, column


class RecommenderChoices(SnapshotTable, key=["month"]):
    """Registry: which recommender serves in a month, and why. It is chosen by what each reached in the newest
    `recommender_evidence_months` judged, all of them over by as_of; the one in use stays unless another was better by
    `recommender_change_margin`."""

    recommender: str = column("VARCHAR", "the method that serves")
    reason: str = column("VARCHAR", "why it")
    months: int = column("BIGINT", "months judged that it was chosen by; 0 = nothing is known yet", ge=0)
    map_at_10: float = column("DOUBLE", "its mean over them", nullable=True, ge=0, le=1)
    runner_up: str = column("VARCHAR", "the best of the others", nullable=True)
    runner_up_map_at_10: float = column("DOUBLE", "its mean over them", nullable=True, ge=0, le=1)
