"""How the demo is written: the same bytes for the same seed, whole files or the old ones, refusals with a remedy."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from crm_assets.demo import write_demo, writer
from crm_assets.demo.vocabulary import read_vocabulary
from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.demo.test_demo import read

VOCABULARY = PROJECT_DIR / "data" / "reference" / "demo"


def fingerprint(root: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(root.rglob("*.*"))}


def small(root: Path, customers: int = 150, seed: int = 7) -> Path:
    write_demo(root / "landing", root / "truth", VOCABULARY, customers=customers, seed=seed)
    return root


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    once, twice = fingerprint(small(tmp_path / "a")), fingerprint(small(tmp_path / "b"))
    assert once == twice and len(once) == 10
    other = fingerprint(small(tmp_path / "c", seed=8))
    same = {name for name in once if once[name] == other[name]}
    assert same == {writer.PRODUCTS, writer.BRANCHES, "bundles.csv"}  # words and places are no chance


def test_a_chunk_does_not_depend_on_those_after_it(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "CHUNK_CUSTOMERS", 100)
    shorter, longer = small(tmp_path / "a", customers=200), small(tmp_path / "b", customers=250)
    for name in (writer.PEOPLE, writer.PRODUCT_LINES, writer.SERVICES, writer.WALLET):
        start, whole = ((root / "landing" / name).read_bytes() for root in (shorter, longer))
        assert whole.startswith(start) and len(whole) > len(start), name
    lines = read(longer / "landing", writer.PRODUCT_LINES)
    assert len(lines.drop_duplicates(["rct_no", "cust"])) == lines.rct_no.nunique()


def test_a_run_that_dies_leaves_the_old_files(tmp_path):
    before = fingerprint(small(tmp_path))

    def stop(line: str) -> None:
        raise KeyboardInterrupt(line)

    with pytest.raises(KeyboardInterrupt):
        write_demo(tmp_path / "landing", tmp_path / "truth", VOCABULARY, customers=200, seed=9, progress=stop)
    assert fingerprint(tmp_path) == before


@pytest.mark.parametrize("customers", [99, 0, -5, 1_000_001])
def test_too_few_or_too_many_customers_are_refused(tmp_path, customers):
    with pytest.raises(ValueError, match=rf"customers={customers}.*give a number in between"):
        write_demo(tmp_path / "landing", tmp_path / "truth", VOCABULARY, customers=customers)
    assert not (tmp_path / "landing").exists()


def test_a_folder_that_cannot_be_written_is_refused_with_a_remedy(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(OSError, match=r"cannot write the demo to .*file.*give a folder"):
        write_demo(blocked, tmp_path / "truth", VOCABULARY, customers=100)


def test_a_missing_or_contradictory_vocabulary_is_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"categories\.yaml is missing"):
        read_vocabulary(tmp_path)
    for path in VOCABULARY.iterdir():
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    bundles = (tmp_path / "bundles.yaml").read_text(encoding="utf-8")
    (tmp_path / "bundles.yaml").write_text(bundles.replace("오리지널 파스타면", "없는 상품", 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"파스타 저녁.*없는 상품"):
        read_vocabulary(tmp_path)
