"""Contract of ``dormancy_outcomes``."""

from crm_assets.contracts.dormancy_evidence import DormancyEvidence


class DormancyOutcomes(DormancyEvidence, key=["month", "slice", "candidate", "metric"]):
    """What became of the probabilities that were served, in the months whose answer is known by now: how good they
    were, beside the model and the rules on the same customers."""
