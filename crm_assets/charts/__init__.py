"""Plotly figures from small frames: ``frame + words -> figure``, pure, without Dagster, DuckDB or files.

``words`` (texts and numbers), ``style`` (how it looks), ``bars``, ``groups``, ``maps``, ``activity`` and ``evidence``
(the charts).
Which chart shows which table, and what is said beside it, belongs to ``crm_assets.report``.
"""

from crm_assets.charts.activity import daily_lines
from crm_assets.charts.bars import band_shares, category_stack, ordered, pairs, parts_of_whole, segment_bars
from crm_assets.charts.evidence import claim_grid, correlation_intervals
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
    "claim_grid",
    "columns",
    "correlation_intervals",
    "daily_lines",
    "k_scan",
    "lines",
    "model_scores",
    "ordered",
    "pairs",
    "parts_of_whole",
    "segment_bars",
    "share_grid",
]
