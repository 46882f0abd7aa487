"""The campaigns of a month as files: a list to be sent, a list held out, and the manifest that counts both.

Who is in a campaign is decided in ``audiences``; here it is written down for the sending tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path

from crm_assets.contracts.audiences import CONTROL, TREATMENT
from crm_assets.files import digest_of_file
from crm_assets.marketing.audience_folder import MANIFEST
from crm_assets.marketing.audience_rows import audience_rows, header, plain
from crm_assets.marketing.wording import Wording
from crm_assets.months import Snapshot
from crm_assets.settings import Settings
from crm_assets.spreadsheet import write_rows
from crm_assets.statistics.experiments import detectable_difference
from crm_assets.warehouse import Session, read_query

Campaign = dict[str, object]
FILES = {TREATMENT: ("path", "sha256", "{}.csv"), CONTROL: ("holdout_path", "holdout_sha256", "{}.holdout.csv")}
OF_THE_STRATEGY = ("title", "action")  # in both languages, columns of strategies
CODES = {"goal": "goals", "channel": "channels", "owner": "owners", "kpi": "kpis"}  # columns worded by the texts
COUNTED = (
    "starts_on", "ends_on", "fitting", "in_other_campaigns", "without_consent", "treatment", "control",
    "consent_unknown", "holdout_share", "bought_before", "detectable",
)  # fmt: skip


def campaigns_of(session: Session, snapshot: Snapshot, settings: Settings) -> list[Campaign]:
    """The columns of ``campaigns`` but for the files, in the order of the catalogue, with ``strategies``' own columns
    that the manifest words, and ``conditions`` (trait → values)."""
    made = session.frame(
        f"""select c.*, s.title_ko, s.title_en, s.action_ko, s.action_en, s.goal, s.channel, s.owner
        from ({read_query("campaigns")}) c join strategies s on s.strategy_id = c.strategy_id and s.month = :month
        order by s.place""",
        campaigns_per_customer=settings.campaigns_per_customer,
        **snapshot.parameters,
    )
    conditions = _conditions(session, snapshot)
    rows: list[Campaign] = made.astype(object).where(made.notna(), None).to_dict("records")
    for row in rows:
        asked = conditions[str(row["strategy_id"])]
        found = _detectable(int(str(row["treatment"])), int(str(row["control"])), row["bought_before"])
        row |= {
            "conditions": asked,
            "definition": "; ".join(f"{trait}: {', '.join(values)}" for trait, values in asked.items()),
            "holdout_share": settings.holdout_share,
            "detectable": found,
        }
    return rows


def _detectable(treatment: int, control: int, share: object) -> float | None:
    if not treatment or not control:
        return None
    found = detectable_difference(treatment, control, float(str(share)))
    return None if isnan(found) else found


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
            conditions = campaign["conditions"]
            cells = audience_rows(
                session, str(campaign["campaign_id"]), arm, tuple(conditions), wording, month=snapshot.month
            )
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
        "campaign_id": str(campaign["campaign_id"]),
        "as_of": snapshot.as_of.isoformat(),
        **{name: str(campaign[f"{name}_{words.lang}"]) for name in OF_THE_STRATEGY},
        **{name: words.text(f"strategies.{group}.{campaign[name]}") for name, group in CODES.items()},
        "definition": "; ".join(_worded(campaign["conditions"], wording)),
        **{name: plain(campaign[name]) for name in COUNTED},
        "file": Path(str(campaign["path"])).name,
        "sha256": str(campaign["sha256"]),
        "holdout_file": Path(str(campaign["holdout_path"])).name,
        "holdout_sha256": str(campaign["holdout_sha256"]),
    }


def _worded(conditions: Mapping[str, Sequence[str]], wording: Wording) -> Iterator[str]:
    for trait, values in conditions.items():
        name = wording.words.text(f"strategies.traits.{trait}")
        yield f"{name}: {', '.join(wording.value(trait, value) for value in values)}"
