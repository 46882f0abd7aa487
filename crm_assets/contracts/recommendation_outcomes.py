"""Contract of ``recommendation_outcomes``."""

from crm_assets.contracts.recommender_evidence import RecommenderEvidence


class RecommendationOutcomes(RecommenderEvidence, key=["month", "slice", "recommender"]):
    """What became of the recommendations of the month before, as they were served (`served`), and of those that the
    chosen recommender would have given without the policies of the segments (`unruled`): judged as in
    `recommender_evidence`."""
