"""The campaigns of a month as files: a list to be sent, a list held out, and the manifest that counts both.

Who is in a campaign is decided in ``audiences``; here it is written down for the sending tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from crm_assets.contracts.audiences import CONTROL, TREATMENT
from crm_assets.files import digest_of_file
from crm_assets.marketing.audience_folder import MANIFEST
from crm_assets.marketing.audience_rows import audience_rows, header, plain
from crm_assets.marketing.kpis import spend_before_campaigns
from crm_assets.marketing.wording import Wording
from crm_assets.months import Snapshot
from crm_assets.settings import Settings
from crm_assets.spreadsheet import write_rows
from crm_assets.statistics.experiments import detectable_difference, detectable_mean_difference
from crm_assets.warehouse import Session, read_query

Campaign = dict[str, Any]
FILES = {TREATMENT: ("path", "sha256", "{}.csv"), CONTROL: ("holdout_path", "holdout_sha256", "{}.holdout.csv")}
OF_THE_STRATEGY = ("title", "action")  # in both languages, columns of strategies
CODES = {"goal": "goals", "channel": "channels", "owner": "owners", "kpi": "kpis"}  # columns worded by the texts
COUNTED = (
    "starts_on", "ends_on", "fitting", "in_other_campaigns", "without_consent", "treatment", "control",
    "consent_unknown", "holdout_share", "converted_before", "detectable", "spend_before", "detectable_spend",
)  # fmt: skip


def campaigns_of(session: Session, snapshot: Snapshot, settings: Settings) -> list[Campaign]:
    """The columns of ``campaigns`` but for the files, in the order of the catalogue, with ``strategies``' own columns
    that the manifest words, and ``conditions`` (trait → values)."""
    spend_before_campaigns(session, snapshot)
    found = session.execute(
        f"""select c.*, s.title_ko, s.title_en, s.action_ko, s.action_en, s.goal, s.channel, s.owner
        from ({read_query("campaigns")}) c join strategies s on s.strategy_id = c.strategy_id and s.month = :month
        order by s.place""",
        campaigns_per_customer=settings.campaigns_per_customer,
        holdout_share=settings.holdout_share,
        **snapshot.parameters,
    )
    names = [column[0] for column in found.description or ()]
    rows: list[Campaign] = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    conditions = _conditions(session, snapshot)
    for row in rows:
        asked = conditions[str(row["strategy_id"])]
        row |= {
            "conditions": asked,
            "definition": "; ".join(f"{trait}: {', '.join(values)}" for trait, values in asked.items()),
            **_found_by_the_arms(row),
        }
    return rows


def _found_by_the_arms(campaign: Campaign) -> Campaign:
    """What the audience did before, and the smallest changes of it that its arms would show."""
    treatment, control = (int(campaign[arm]) for arm in (TREATMENT, CONTROL))
    customers = treatment + control
    if not customers:
        return dict.fromkeys(("converted_before", "spend_before", "detectable", "detectable_spend"))
    share = int(campaign["converted_before"]) / customers
    spend, squares = campaign["spend_before"], campaign["spend_before_squares"]
    return {
        "converted_before": share,
        "spend_before": float(spend / customers),
        "detectable": _known(detectable_difference(treatment, control, share)),
        "detectable_spend": _known(detectable_mean_difference(treatment, control, spend, squares)),
    }


def _known(value: float) -> float | None:
    return None if isnan(value) or value == 0 else value  # nobody bought before: how spend varies is not known


def _conditions(session: Session, snapshot: Snapshot) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for strategy, trait, value in session.rows(
        "select strategy_id, trait, value from strategy_conditions where month = :month order by 1, 2, 3",
        month=snapshot.month,
    ):
        found.setdefault(strategy, {}).setdefault(trait, []).append(value)
    return found


def write_lists(
    session: Session, snapshot: Snapshot, campaigns: Sequence[Campaign], beside: Path, folder: Path, wording: Wording
) -> list[Campaign]:
    """Write the two lists of every campaign.

    Args:
        beside: where they are written; folder: where they will lie, relative to the data folder.

    Returns:
        The campaigns with the paths and hashes of their files.

    Raises:
        ValueError: a file has other rows than the campaign counts.
    """
    written = []
    for campaign in campaigns:
        of_files: Campaign = {}
        for arm, (path, sha256, name) in FILES.items():
            file = beside / name.format(campaign["strategy_id"])
            traits = tuple(campaign["conditions"])
            cells = audience_rows(session, campaign["campaign_id"], arm, traits, wording)
            rows = write_rows(file, header(wording), cells)
            if rows != campaign[arm]:
                raise ValueError(f"{file.name} has {rows} rows, but {campaign['campaign_id']} counts {campaign[arm]}.")
            of_files |= {path: str(folder / file.name), sha256: digest_of_file(file)}
        written.append(campaign | of_files)
    return written


def write_manifest(beside: Path, campaigns: Iterable[Campaign], snapshot: Snapshot, wording: Wording) -> Path:
    """Write the manifest of lists that are written."""
    path = beside / MANIFEST
    columns = list(wording.words.texts.at("audiences.manifest"))
    heads = [wording.words.text(f"audiences.manifest.{name}") for name in columns]
    rows = (_manifest_cells(campaign, snapshot, wording) for campaign in campaigns)
    write_rows(path, heads, ([cells[name] for name in columns] for cells in rows))
    return path


def _manifest_cells(campaign: Campaign, snapshot: Snapshot, wording: Wording) -> dict[str, str]:
    words = wording.words
    return {
        "campaign_id": campaign["campaign_id"],
        "as_of": snapshot.as_of.isoformat(),
        **{name: campaign[f"{name}_{words.lang}"] for name in OF_THE_STRATEGY},
        **{name: words.text(f"strategies.{group}.{campaign[name]}") for name, group in CODES.items()},
        "definition": "; ".join(wording.trait(trait, *values) for trait, values in campaign["conditions"].items()),
        **{name: plain(campaign[name]) for name in COUNTED},
        "file": Path(campaign["path"]).name,
        "sha256": campaign["sha256"],
        "holdout_file": Path(campaign["holdout_path"]).name,
        "holdout_sha256": campaign["holdout_sha256"],
    }
