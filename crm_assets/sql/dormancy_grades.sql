-- Dormancy by RFM grade, and for everybody.
with parts as (
  select rfm_grade, probability, p_alive, value_at_risk, expected_spend, source
  from dormancy_predictions
  where month = :month
  union all
  select 'all' as rfm_grade, probability, p_alive, value_at_risk, expected_spend, source
  from dormancy_predictions
  where month = :month
),
summed as (
  select
    rfm_grade,
    count(*) as customers,
    -- as decimals, whose sum is the same in every order
    sum(cast(probability as decimal(18, 12))) as expected_dormant,
    cast(sum(cast(p_alive as decimal(18, 12))) as double) / nullif(count(p_alive), 0) as p_alive_mean,
    sum(value_at_risk) as value_at_risk,
    sum(expected_spend) as expected_spend,
    case when min(source) = max(source) then min(source) else 'several' end as served
  from parts
  group by rfm_grade
)
select
  :month as month,
  :as_of as as_of,
  s.rfm_grade,
  s.customers,
  cast(s.expected_dormant as double) as expected_dormant,
  cast(s.expected_dormant as double) / s.customers as dormant_share,
  s.p_alive_mean,
  s.value_at_risk,
  s.expected_spend,
  s.served,
  c.grade,
  c.gain
from summed s
left join dormancy_choices c on c.month = :month and c.slice = s.rfm_grade
