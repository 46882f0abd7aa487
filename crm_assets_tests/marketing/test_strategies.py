"""The catalogue of strategies: whole, every proposal of the documents in it; a faulty file is refused by its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from crm_assets.charts import LANGUAGES, Texts
from crm_assets.contracts.strategies import BRINGS, CHANNELS, GOALS, KPIS, ORIGINS
from crm_assets.contracts.strategy_conditions import TRAITS
from crm_assets.defs.marketing.strategies import strategies
from crm_assets.marketing.catalogue import Strategy, condition_rows, evidence_rows, read_strategies, strategy_rows
from crm_assets.offers import read_catalogue
from crm_assets.reference_files import CatalogueError
from crm_assets.refresh import _require_reference
from crm_assets.segmentation.customer_traits import MEASURES, measures_of
from crm_assets.segmentation.naming import read_personas
from crm_assets.segmentation.rfm import BAND, read_schemes
from crm_assets.settings import PROJECT_DIR, Settings
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made, results
from crm_assets_tests.prediction.feature_shop import insert

REFERENCE = PROJECT_DIR / "data" / "reference"
CATALOGUE = {s.id: s for s in read_strategies(REFERENCE)}

# What each document proposes, in its order, and the strategy that carries it out.
OF_TYPES = {  # S0: its type and the nearest one of any other shop → proposals
    ("corona_averse", "lapsed_light"): {
        "온라인 마케팅": "online_marketing",
        "20대 온라인 이벤트 마케팅": "online_event_twenties",
        "Lpay 권장 마케팅": "wallet_partners",
        "개인화 Push 알림": "personal_push",
    },
    ("novice", "recent_light"): {
        "주구매 품목의 할인": "main_goods_discount",
        "방문 이벤트, 적립율 보너스": "visit_event_bonus",
        "온라인 방문만 해도 포인트": "online_visit_points",
        "Lpay 첫 결제 10% 할인": "wallet_first_payment",
    },
    ("master", "top"): {"MVG 전용 혜택": "mvg_benefits", "상품권 캐시백": "cashback_vouchers"},
    ("pro", "steady_middle"): {
        "한가한 시간대, 요리교실": "cooking_class",
        "이웃 공동구매": "neighbour_group_purchase",
        "아이를 위한 이벤트": "child_events",
        "자주 구매하는 상품의 세일 정보 Push": "sale_push_favourites",
        "Lpay 이용률을 높이기 위한 마케팅": "wallet_regulars",
    },
}
OF_TARGETS = {  # S1: proposal → strategy and whom it is for
    "초기 이탈": ("early_churn_second_purchase", {"list": {"early_churn"}}),
    "잠재 충성 고객 retention": ("potential_loyal_retention", {"list": {"potential_loyal"}}),
    "휴면고객 active 전환 - 타겟팅 메세지": ("dormant_targeted_message", {"list": {"reactivate"}}),
    "휴면고객 active 전환, 이탈": ("lapsed_last_message", {"lifecycle": {"lapsed"}}),
    "신규유입 - 앱 개인화 광고": ("new_inflow_app_ad", {"lifecycle": {"new"}}),
    "주거래카드 전환": ("main_card_conversion", {"rfm_grade": {"HHL"}}),
    "30-40대 스마트스토어 카드": (
        "smart_store_card", {"offer_id": {"smart_store"}, "age_band": {"30대", "40대"}},
    ),
    "구독 서비스 카드": ("subscription_card", {"offer_id": {"subscription", "connected_home"}}),
    "대리운전기사 전용": ("drivers_card", {"offer_id": {"chauffeur"}}),
    "MZ 인플루언서": ("influencer_offer", {"offer_id": {"influencer"}, "age_band": {"20대", "30대"}}),
    "오늘의 집": ("home_decor_offer", {"offer_id": {"home_decor"}}),
    "업셀링 전략": ("upselling_premium", {"offer_id": {"premium"}}),
    "low value transaction": ("low_value_transactions", {"offer_id": {"cafe", "transit"}}),
    "card not present transaction": ("card_not_present", {"offer_id": {"online"}}),
    "나의 소비데이터로 스마트하게 소비": ("my_spending_story", {"lifecycle": {"existing"}}),
    "23개 혜택 조합, 소비패턴 기반": ("fitting_offer", {}),
}  # fmt: skip
OF_BANDS = {  # S4: band → proposals of the band, and of its cluster
    "At-Risk": {
        "리워드 및 할인": "at_risk_rewards",
        "설문조사 및 피드백": "at_risk_survey",
        "낮 12~14시 프로모션": "peak_hours_promotion",
        "홈 인테리어 추천": "home_interior_recommendations",
        "이전 관심 카테고리 추천": "at_risk_interest",
    },
    "Cannot lose them": {
        "개인화된 혜택": "cannot_lose_personal_benefits",
        "특별한 이벤트 및 선점 기회": "cannot_lose_early_access",
        "낮 12~14시 프로모션": "peak_hours_promotion",
        "홈 인테리어 추천": "home_interior_recommendations",
    },
    "Promising": {
        "추가 혜택 및 프로모션": "promising_benefits",
        "추가 서비스 및 제품 소개": "promising_new_services",
        "번들 상품 제안": "bundle_proposals",
        "이벤트 상품 추천": "event_goods",
    },
    "About To Sleep": {
        "개인화된 알림 및 특별 제안": "about_to_sleep_reminder",
        "재구매 유도 프로그램": "about_to_sleep_repurchase",
        "포인트 및 할인": "about_to_sleep_points",
        "번들 상품 제안": "bundle_proposals",
        "이벤트 상품 추천": "event_goods",
    },
    "Loyal customer": {
        "리워드 프로그램": "loyal_rewards",
        "개별적인 감사 메세지": "loyal_thanks",
        "시즌별 상품 추천": "seasonal_goods",
        "최근 구매 이력 기반 추천": "recent_purchase_recommendations",
    },
    "New customers": {
        "환영 혜택 및 할인": "new_customers_welcome",
        "계절별 프로모션 및 할인": "seasonal_promotions",
        "시즌별 상품 추천": "seasonal_goods",
    },
    "VIP": {
        "멤버십 프로그램": "vip_membership",
        "선점적인 새로운 상품 소개": "vip_first_look",
        "우선 배송 및 서비스": "vip_priority_service",
        "최근 구매 이력 기반 추천": "recent_purchase_recommendations",
        "고가 상품 및 프리미엄": "premium_goods",
    },
    "Potential Loyalists": {
        "추가 혜택 및 가치 제시": "potential_loyalists_benefits",
        "추가 서비스 및 소식": "potential_loyalists_news",
        "멤버십 프로그램": "vip_membership",
        "고가 상품 및 프리미엄": "premium_goods",
    },
}
OWN = {"Need Attention": "need_attention_coupon", "Hibernating": "hibernating_invitation"}


def meant(strategy: Strategy, **conditions: set[str]) -> bool:
    return all(set(strategy.when[trait]) == values for trait, values in conditions.items())


@pytest.mark.parametrize("types", OF_TYPES)
def test_every_proposal_for_a_type_is_there(types: tuple[str, str]):
    for proposal, found in OF_TYPES[types].items():
        strategy = CATALOGUE[found]
        assert strategy.origin == "S0" and meant(strategy, segment_id={*types}), proposal


def test_every_proposal_for_a_target_group_is_there():
    for proposal, (found, conditions) in OF_TARGETS.items():
        strategy = CATALOGUE[found]
        assert strategy.origin == "S1" and meant(strategy, **conditions), proposal


@pytest.mark.parametrize("band", OF_BANDS)
def test_every_proposal_for_a_band_is_there(band: str):
    for proposal, found in OF_BANDS[band].items():
        strategy = CATALOGUE[found]
        assert strategy.origin == "S4" and band in strategy.when["rfm_band"], proposal
    of_band = {i for i, s in CATALOGUE.items() if s.origin == "S4" and band in s.when["rfm_band"]}
    assert of_band == set(OF_BANDS[band].values()), "and nothing that the document does not propose for it"


def test_what_the_documents_leave_out_is_ours_and_says_so():
    assert {i for i, s in CATALOGUE.items() if s.origin == "own"} == set(OWN.values())
    for band, found in OWN.items():
        assert meant(CATALOGUE[found], rfm_band={band})
        assert "새로 정함" in CATALOGUE[found].trigger["ko"] and "ours" in CATALOGUE[found].trigger["en"]
    bands = {group.name for group in read_schemes(REFERENCE)[BAND].groups}
    assert bands == OF_BANDS.keys() | OWN.keys()


def test_nothing_is_said_to_be_of_a_document_that_is_not():
    listed = {*OWN.values(), *(i for i, _ in OF_TARGETS.values())}
    listed |= {i for found in (*OF_TYPES.values(), *OF_BANDS.values()) for i in found.values()}
    assert listed == CATALOGUE.keys()


def test_what_the_documents_state_is_kept():
    assert meant(CATALOGUE["online_event_twenties"], age_band={"20대"})
    assert "10%" in CATALOGUE["wallet_first_payment"].title["ko"]
    assert {i for i, s in CATALOGUE.items() if s.at_peak_hours} == {"peak_hours_promotion", "cooking_class"}
    of_wallet = [s for s in CATALOGUE.values() if s.goal == "wallet"]
    assert len(of_wallet) == 3 and all(meant(s, wallet_user={"0"}) and s.kpi == "wallet_payment" for s in of_wallet)
    assert "statement" in CATALOGUE["my_spending_story"].brings and "bundle" in CATALOGUE["bundle_proposals"].brings


def test_every_offer_of_the_shops_is_some_strategy_s():
    asked = {v for s in CATALOGUE.values() for v in s.when.get("offer_id", ())}
    assert asked == {o.id for p in (REFERENCE / "offers").glob("*.yaml") for o in read_catalogue(p)}


def test_every_type_and_every_band_gets_something():
    types = {p.id for path in (REFERENCE / "personas").glob("*.yaml") for p in read_personas(path).personas}
    for trait, values in (("segment_id", types), ("rfm_band", OF_BANDS.keys() | OWN.keys())):
        for value in values:
            assert any(set(s.when) == {trait} and value in s.when[trait] for s in CATALOGUE.values()), value


def test_every_part_of_a_strategy_has_a_name():
    names = Texts.read(REFERENCE / "texts")
    owners = {s.owner for s in CATALOGUE.values()}
    parts = {"goals": GOALS, "channels": CHANNELS, "kpis": KPIS, "brings": BRINGS, "traits": TRAITS, "origins": ORIGINS}
    for group, keys in (parts | {"owners": owners}).items():
        assert set(names.at(f"strategies.{group}")) == set(keys), group
        for key in keys:
            pair = names.pair(f"strategies.{group}.{key}")
            assert all(getattr(pair, language) for language in LANGUAGES)


def test_korean_and_english_are_what_they_say():
    for strategy in CATALOGUE.values():
        for texts in (strategy.title, strategy.trigger, strategy.action):
            assert any("가" <= c <= "힣" for c in texts["ko"]), texts
            assert not any("가" <= c <= "힣" for c in texts["en"]), texts


def changed(folder: Path, **given: object) -> Path:
    """The folder of reference data with one strategy, as given; None takes a key away."""
    shutil.copytree(REFERENCE, folder)
    entry = {
        "id": "ours", "origin": "own", "goal": "visit", "channel": "push", "owner": "crm", "kpi": "purchase",
        "window_days": 30, **{part: {"ko": "가", "en": "a"} for part in ("title", "trigger", "action")},
        "when": {"rfm_band": ["VIP"]}, **given,
    }  # fmt: skip
    entry = {name: value for name, value in entry.items() if value is not None}
    (folder / "strategies.yaml").write_text(yaml.safe_dump({"strategies": [entry]}, allow_unicode=True), "utf-8")
    return folder


def test_a_strategy_of_one_s_own(tmp_path: Path):
    when = {"rfm_band": "VIP", "segment_id": ["loyalty_high-spend_low-2", "top"], "age_band": ["25-34"]}
    (found,) = read_strategies(changed(tmp_path / "ours", when=when))
    assert found.when == {
        "rfm_band": ("VIP",),
        "segment_id": ("loyalty_high-spend_low-2", "top"),
        "age_band": ("25-34",),
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"when": {"rfm_band": ["Vip"]}}, r"there is no rfm_band Vip: known are VIP, Loyal customer"),
        ({"when": {"segment_id": ["topp"]}}, r"there is no segment_id topp: known are .*top"),
        ({"when": {"offer_id": ["fule"]}}, r"there is no offer_id fule: known are .*fuel"),
        ({"when": {"band": ["VIP"]}}, r"when\.band.*there is no trait band: known are segment_id"),
        ({"when": {"wallet_user": ["yes"]}}, r"there is no wallet_user yes: known are 0, 1"),
        ({"when": {"wallet_user": [0]}}, r"when\.wallet_user.*valid string"),
        ({"when": {"gender": ["여성"]}}, r"there is no gender 여성: known are female, male"),
        ({"when": {"list": ["dormant"]}}, r"there is no list dormant: known are early_churn"),
        ({"when": {"lifecycle": ["old"]}}, r"there is no lifecycle old"),
        ({"when": {"rfm_grade": ["HHX"]}}, r"there is no rfm_grade HHX"),
        ({"when": {"age_band": ["30대", "30대"]}}, r"when\.age_band names 30대 twice"),
        ({"when": {"age_band": []}}, r"when\.age_band.*at least 1 item"),
        ({"when": {}}, r"strategies\.ours\.when.*at least 1 item"),
        ({"when": None}, r"strategies\.ours\.when: Field required"),
        ({"title": {"ko": "가"}}, r"title, trigger and action are needed in ko and en"),
        ({"action": {"ko": "가", "en": " "}}, r"must say something in ko and en"),
        ({"goal": "sell"}, r"strategies\.ours\.goal: there is no goal sell: known are win_back"),
        ({"channel": "fax"}, r"there is no channel fax"),
        ({"kpi": "clicks"}, r"there is no kpi clicks"),
        ({"origin": "S9"}, r"there is no origin S9"),
        ({"owner": "sales"}, r"there is no owner \(texts/strategies\.yaml\) sales: known are crm"),
        ({"window_days": 5}, r"strategies\.ours\.window_days.*greater than or equal to 7"),
        ({"brings": ["gift"]}, r"there is no thing that a strategy brings gift"),
        ({"brings": ["offer", "offer"]}, r"brings names a thing twice"),
        ({"budget": 3}, r"strategies\.ours\.budget: Extra inputs"),
        ({"evidence": [{"measure": "churn", "direction": "above"}]}, r"there is no measure churn: known are"),
        ({"evidence": [{"measure": "wallet_user", "category": "x", "direction": "above"}]}, r"has no categories"),
        ({"evidence": [{"measure": "age_band", "direction": "above"}]}, r"age_band needs a category"),
        ({"evidence": [{"measure": "daypart_share", "category": "noon", "direction": "above"}]}, r"no category of day"),
        ({"evidence": [{"measure": "wallet_user", "direction": "high"}]}, r"evidence\.0\.direction"),
        ({"evidence": [{"measure": "wallet_user", "direction": d} for d in ("above", "below")]}, r"wallet_user twice"),
        ({"id": "Ours!"}, r"strategies\.Ours!\.id"),
    ],
)  # fmt: skip
def test_a_faulty_strategy_is_refused_by_its_place(tmp_path: Path, given: dict[str, object], told: str):
    reference = changed(tmp_path / "ours", **given)
    with pytest.raises(CatalogueError, match=told) as refused:
        read_strategies(reference)
    assert str(refused.value).startswith(f"{reference / 'strategies.yaml'} cannot be used: strategies")
    assert str(refused.value).endswith("Mend it there.")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("strategies: []", "at least 1 item"),
        ("- a", "must be a mapping, strategies"),
        ("strategies: [", "expected"),
        ("", "strategies: Field required"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, told: str):
    reference = changed(tmp_path / "ours")
    (reference / "strategies.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=told):
        read_strategies(reference)


def test_an_id_that_stands_twice_is_refused(tmp_path: Path):
    reference = changed(tmp_path / "ours")
    path = reference / "strategies.yaml"
    entry = yaml.safe_load(path.read_text("utf-8"))["strategies"][0]
    path.write_text(yaml.safe_dump({"strategies": [entry, entry]}), encoding="utf-8")
    with pytest.raises(CatalogueError, match="the id ours stands twice"):
        read_strategies(reference)


def test_a_refresh_reads_the_file_before_it_makes_anything(tmp_path: Path):
    reference = changed(tmp_path / "ours", goal="sell")
    with pytest.raises(CatalogueError, match="there is no goal sell"):
        _require_reference(Settings.read({}, reference_dir=str(reference)))
    (reference / "strategies.yaml").unlink()
    with pytest.raises(CatalogueError, match=r"there is no catalogue .*strategies\.yaml"):
        _require_reference(Settings.read({}, reference_dir=str(reference)))


def test_the_measures_that_evidence_can_name_are_those_that_claims_have():
    numbers = (
        *("recency_days", "frequency", "visit_days", "monetary", "categories_major", "weekend_receipts", "receipts"),
        *("online_receipts", "channel_receipts", "category_01", "category_amount", "wallet_user"),
        *(f"hour_{hour:02d}" for hour in range(24)),
    )
    flags = {"gender": ["female", "male"], "age_band": ["20대", "30대"], "channel_use": ["both", "online"],
             "region": ["Z01", "Z02"]}  # fmt: skip
    customers = pd.DataFrame({**{name: [1.0, 2.0] for name in numbers}, **flags})
    found: dict[str, list[str]] = {}
    for measure in measures_of(customers, ["식품"]):
        found.setdefault(measure.name, []).append(measure.category)
    assert found.keys() == MEASURES.keys()
    for name, categories in MEASURES.items():
        assert categories is None or (list(categories) or [""]) == found[name], name


def test_the_tables_of_a_month(warehouse: Warehouse):
    with warehouse.session() as session:
        session.ensure_tables()
        insert(session, "customers", [{"customer_id": str(n), "age_band": f"{n}0대"} for n in (2, 3, 4)])
    rows = made(strategies, warehouse, "2021-03-01").sort_values("place")
    catalogue = tuple(CATALOGUE.values())
    assert list(rows["strategy_id"]) == list(CATALOGUE) and list(rows["place"]) == list(range(1, len(rows) + 1))
    row = rows.set_index("strategy_id").loc["potential_loyal_retention"]
    assert (row["brings"], row["goal"], row["window_days"]) == ("recommendations offer", "retain", 45)
    assert row["title_ko"] == CATALOGUE["potential_loyal_retention"].title["ko"]
    assert pd.isna(rows.set_index("strategy_id").loc["vip_membership", "brings"])
    with warehouse.session() as session:
        conditions = set(session.rows("select strategy_id, trait, value from strategy_conditions"))
        evidence = set(session.rows("select strategy_id, measure, category, direction from strategy_evidence"))
    assert conditions == {tuple(c.values()) for c in condition_rows(catalogue)}
    assert evidence == {tuple(e.values()) for e in evidence_rows(catalogue)}
    assert len(strategy_rows(catalogue)) == len(rows)


@pytest.mark.parametrize(
    ("ages", "told"),
    [(["20대", "30대", "40대"], "none"), (["20대"], "age_band: 30대, age_band: 40대"), ([None], "none")],
)
def test_a_value_that_nobody_has_is_named(warehouse: Warehouse, ages: list[str | None], told: str):
    with warehouse.session() as session:
        session.ensure_tables()
        insert(session, "customers", [{"customer_id": str(n), "age_band": age} for n, age in enumerate(ages)])
    known, *_ = results(strategies, warehouse, "2021-03-01")
    assert (known.check_name, known.passed) == ("values_known", told == "none")
    assert known.metadata["values of nobody"].value == told
