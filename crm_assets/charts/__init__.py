"""Plotly figures from small frames: ``frame + words -> figure``, pure, without Dagster, DuckDB or files.

``words`` (texts and numbers), ``style`` (how it looks), ``bars``, ``groups``, ``maps`` and ``clusterings`` (the
charts). Which chart shows which table, and what is said beside it, belongs to ``crm_assets.report``.
"""

from crm_assets.charts.bars import band_shares, category_stack, ordered, pairs, parts_of_whole, segment_bars
from crm_assets.charts.clusterings import clusters_by_k, silhouette_profile, size_strips
from crm_assets.charts.groups import columns, lines, model_scores
from crm_assets.charts.maps import band_treemap, k_scan, share_grid
from crm_assets.charts.words import LANGUAGES, Pair, TextMissing, Texts, Words

__all__ = [
    "LANGUAGES",
    "Pair",
    "TextMissing",
    "Texts",
    "Words",
    "band_shares",
    "band_treemap",
    "category_stack",
    "clusters_by_k",
    "columns",
    "k_scan",
    "lines",
    "model_scores",
    "ordered",
    "pairs",
    "parts_of_whole",
    "segment_bars",
    "share_grid",
    "silhouette_profile",
    "size_strips",
]
