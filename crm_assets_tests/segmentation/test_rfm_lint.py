"""The linter of band names: what it must find, what it must not, and that the document is current."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm_assets.defs.segmentation.rfm_scores import band_names
from crm_assets.segmentation.rfm import BAND, BANDS, STANDARD, Group, Scheme, read_schemes
from crm_assets.segmentation.rfm_lint import Inversion, by_bands, inversions, markdown, outdated, surprises
from crm_assets.settings import PROJECT_DIR, Settings
from crm_assets.warehouse import Session

SCHEMES = read_schemes(Settings.read({}).reference)


def moved(scheme: Scheme, cell: int, band: str) -> Scheme:
    """The scheme with one cell given to another band."""
    groups = [
        replace(g, cells=tuple(c for c in g.cells if c != cell) + ((cell,) if g.name == band else ()))
        for g in scheme.groups
    ]
    return Scheme(scheme.name, tuple(groups))


@pytest.mark.parametrize("name", BANDS)
def test_every_surprise_is_listed_and_nothing_else(name: str):
    assert [s for s in surprises(SCHEMES[name]) if not s.known] == []
    assert outdated(SCHEMES[name]) == []


def test_the_surprises_that_the_specification_names_are_found():
    found = {s.cell: s for s in surprises(SCHEMES[BAND])}
    assert (found[511].band, found[511].broken) == ("Loyal customer", ("f",))
    assert (found[155].band, found[155].broken) == ("At-Risk", ("f", "m"))
    assert found[121].band == found[155].band
    assert 555 not in found and 412 not in found


def test_a_moved_cell_is_a_new_surprise_and_leaves_an_outdated_one():
    edited = moved(SCHEMES[BAND], 111, "VIP")
    assert [(s.cell, s.band) for s in surprises(edited) if not s.known] == [(111, "VIP")]
    gone = moved(SCHEMES[BAND], 511, "New customers")
    assert outdated(gone) == [(511, "Loyal customer")]


def test_inversions_equal_brute_force():
    """By the definition, over all pairs of cells written as triples."""
    for name in BANDS:
        place = {c: i for i, g in enumerate(SCHEMES[name].groups) for c in g.cells}
        triples = [(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]
        number = {t: 100 * t[0] + 10 * t[1] + t[2] for t in triples}
        wanted = {
            (number[a], number[b])
            for a in triples
            for b in triples
            if a[0] >= b[0] and a[1] >= b[1] and a[2] >= b[2] and place[number[a]] > place[number[b]]
        }
        assert {(i.cell, i.lesser) for i in inversions(SCHEMES[name])} == wanted


def test_s4_turns_nothing_round_and_the_scheme_of_eleven_does():
    assert inversions(SCHEMES[BAND]) == []
    turned = inversions(SCHEMES[STANDARD])
    assert Inversion(535, "Need Attention", 335, "Loyal") in turned
    assert sum(count for _, count in by_bands(turned)) == len(turned) > 0


def test_the_document_is_current():
    stored = (PROJECT_DIR / "docs" / "rfm_bands.md").read_text(encoding="utf-8")
    assert stored == markdown(SCHEMES), "run: python -m crm_assets.segmentation.rfm_lint > docs/rfm_bands.md"


def staged(session: Session, cells: dict[int, int]) -> str:
    session.execute("create or replace temp table staged as select 0 as rfm_score limit 0")
    for cell, customers in cells.items():
        session.execute(f"insert into staged select {cell} from range({customers})")
    return "staged"


def test_the_check_counts_the_customers_whom_a_name_does_not_fit(session: Session):
    check = band_names(session, staged(session, {555: 5, 511: 3, 155: 2}), SCHEMES)
    assert check.passed and check.description is None
    said = {name: value.value for name, value in check.metadata.items()}
    assert said["rfm_band: surprises"] == 67 and said["rfm_band: customers in them"] == 5
    assert said["rfm_band: share of customers"] == 0.5
    assert "| Loyal customer | 511 | f | True | 3 |" in said["rfm_band: cells"].replace("511.0", "511")
    assert said["rfm_band_standard11: customers in them"] == 0 and said["rfm_band_standard11: inversions"] == 287


def test_the_check_fails_on_a_scheme_edited_into_a_new_surprise(session: Session):
    edited = {**SCHEMES, BAND: moved(SCHEMES[BAND], 111, "VIP")}
    check = band_names(session, staged(session, {111: 4}), edited)
    assert not check.passed and "111 is VIP in rfm_band" in check.description


def test_an_empty_month_is_linted_too(session: Session):
    assert band_names(session, staged(session, {}), SCHEMES).passed


def test_a_group_without_a_promise_surprises_nobody():
    assert surprises(Scheme("x", (Group("a", "a", "a", cells=(111, 555)),))) == []
