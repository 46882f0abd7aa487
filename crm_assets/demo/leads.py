"""Writes the sample of leads: one file in the shape of S3's 29 columns, and the planted truth.

Here: file names, columns, and the rates that are made of the outcomes. Not here: how any value is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from crm_assets.demo.draws import LEADS, generator
from crm_assets.demo.lead_people import Drawn, draw_leads, read_leads
from crm_assets.demo.output import DemoSummary, Shape, require_size, writable, write_json, written_together

FILE, TRUTH = "MQL_LEADS.csv", "leads.csv"
OF_S3 = [
    "bant_submit", "customer_country", "business_unit", "com_reg_ver_win_rate", "customer_idx", "customer_type",
    "enterprise", "historical_existing_cnt", "id_strategic_ver", "it_strategic_ver", "idit_strategic_ver",
    "customer_job", "lead_desc_length", "inquiry_type", "product_category", "product_subcategory", "product_modelname",
    "customer_country.1", "customer_position", "response_corporate", "expected_timeline", "ver_cus", "ver_pro",
    "ver_win_rate_x", "ver_win_ratio_per_bu", "business_area", "business_subarea", "lead_owner", "is_converted",
]  # fmt: skip
HEADER = ["lead_id", "created_at", *OF_S3, "message"]
SIGNALS = ["urgency", "budget", "timeline", "need", "study", "support"]
SHAPE = Shape({FILE: HEADER}, {TRUTH: ["lead_id", *SIGNALS, "probability"]}, {})


def write_leads(
    landing_dir: Path,
    truth_dir: Path,
    vocabulary_dir: Path,
    *,
    customers: int = 3_000,
    seed: int = 20_211_231,
    progress: Callable[[str], None] = lambda line: None,
) -> DemoSummary:
    """Writes the sample of leads; the same companies and seed give the same bytes on any machine.

    Args:
        customers: companies, each with two leads in the mean.

    Raises:
        ValueError: a number of companies or a seed that cannot be.
        OSError: a folder that cannot be written.
    """
    require_size(customers, seed)
    words = read_leads(vocabulary_dir)
    landing, truth = writable(landing_dir), writable(truth_dir)
    paths = {FILE: landing / FILE, TRUTH: truth / TRUTH}
    drawn = draw_leads(words, customers, generator(seed, LEADS))
    ids = [f"L{n:07d}" for n in range(1, len(drawn.days) + 1)]
    columns = _columns(words, drawn, ids)
    signals = [drawn.signals[name].astype(int).tolist() for name in SIGNALS]
    with written_together(paths, SHAPE) as files:
        files.append(FILE, zip(*(columns[name] for name in HEADER), strict=True))
        likely = [f"{p:.6f}" for p in drawn.probability]
        files.append(TRUTH, zip(ids, *signals, likely, strict=True))
    progress(f"demo: {len(ids):,} leads of {customers:,} companies")
    write_json(truth / "parameters.json", {"sample": "leads", "seed": seed, "customers": customers})
    return DemoSummary(customers, seed, {path: files.rows[name] for name, path in paths.items()})


def _columns(words: dict, drawn: Drawn, ids: list[str]) -> dict[str, list]:
    companies, owners = words["companies"], words["owners"]
    return drawn.columns | {
        "lead_id": ids,
        "created_at": [day.isoformat() for day in drawn.days],
        "customer_idx": [
            str(companies["first"] + n * companies["step"] % companies["modulo"]) for n in drawn.company.tolist()
        ],
        "lead_owner": [str(owners["first"] + n) for n in drawn.owner.tolist()],
        "is_converted": [str(bool(won)) for won in drawn.converted],
        **_rates(drawn),
    }


def _rates(drawn: Drawn) -> dict[str, list[str]]:
    """The win rates as such tables have them: of all leads, the lead's own outcome among them; empty where the area is.
    That of the company's region and area is so finely cut that it is the company's own, and gives the answer away."""
    has_area = [bool(area) for area in drawn.columns["business_area"]]
    area = np.where(has_area, drawn.area, -1)
    by_area, by_both = _rate(area, drawn), _rate(area * 100 + drawn.unit, drawn)
    own, several = _rate(drawn.company, drawn), np.bincount(drawn.company)[drawn.company] > 1
    return {
        "ver_win_rate_x": _written(by_area, has_area),
        "ver_win_ratio_per_bu": _written(by_both, has_area),
        "com_reg_ver_win_rate": _written(own, several.tolist()),
    }


def _rate(groups: np.ndarray, drawn: Drawn) -> np.ndarray:
    _, codes = np.unique(groups, return_inverse=True)
    return (np.bincount(codes, drawn.converted) / np.bincount(codes))[codes]


def _written(rates: np.ndarray, there: list[bool]) -> list[str]:
    return [f"{rate:.6f}" if known else "" for rate, known in zip(rates, there, strict=True)]
