"""Plotly figures from small frames: ``frame + words -> figure``, pure, without Dagster, DuckDB or files.

``words`` (texts and numbers), ``style`` (how it looks); the other modules are the charts.
Which chart shows which table, and what is said beside it, belongs to ``crm_assets.report``.
"""

from crm_assets.charts.activity import daily_lines
from crm_assets.charts.bars import band_shares, category_stack, ordered, pairs, parts_of_whole, segment_bars
from crm_assets.charts.clusterings import clusters_by_k, silhouette_profile, size_strips
from crm_assets.charts.dormancy import candidate_scores, risk_bars
from crm_assets.charts.evidence import claim_grid, correlation_intervals
from crm_assets.charts.experiments import difference_intervals, gain
from crm_assets.charts.grades import grade_map
from crm_assets.charts.groups import columns, lines
from crm_assets.charts.indices import spread_over_tenths
from crm_assets.charts.leads import lift_bars
from crm_assets.charts.maps import band_treemap, k_scan, share_grid
from crm_assets.charts.movement import flows, in_order_of_states, shares_with_intervals, state_name
from crm_assets.charts.places import cell_grid, loyalty_map
from crm_assets.charts.prediction import abstention, importance_bars, model_scores, reliability, scores_by_month
from crm_assets.charts.shares import group_shares
from crm_assets.charts.style import Chart
from crm_assets.charts.trend import month_bars
from crm_assets.charts.words import LANGUAGES, Pair, TextMissing, Texts, Words, signed

__all__ = [
    "LANGUAGES",
    "Chart",
    "Pair",
    "TextMissing",
    "Texts",
    "Words",
    "abstention",
    "band_shares",
    "band_treemap",
    "candidate_scores",
    "category_stack",
    "cell_grid",
    "claim_grid",
    "clusters_by_k",
    "columns",
    "correlation_intervals",
    "daily_lines",
    "difference_intervals",
    "flows",
    "gain",
    "grade_map",
    "group_shares",
    "importance_bars",
    "in_order_of_states",
    "k_scan",
    "lift_bars",
    "lines",
    "loyalty_map",
    "model_scores",
    "month_bars",
    "ordered",
    "pairs",
    "parts_of_whole",
    "reliability",
    "risk_bars",
    "scores_by_month",
    "segment_bars",
    "share_grid",
    "shares_with_intervals",
    "signed",
    "silhouette_profile",
    "size_strips",
    "spread_over_tenths",
    "state_name",
]
