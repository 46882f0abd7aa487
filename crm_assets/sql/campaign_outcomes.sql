-- What the customers of the campaigns that ended in the month did (ended_campaigns, period_spend: temporary tables of
-- marketing/kpis.py), summed up. Who bought nothing counts as 0.
with told as (
  select e.campaign_id, r.customer_id
  from ended_campaigns e
  join marketing_responses r on r.campaign_id = e.campaign_id and r.sent_on <= e.ends_on
  group by e.campaign_id, r.customer_id
),
known_of as (
  select campaign_id, count(*) as told
  from told
  group by campaign_id
),
done as (
  select
    a.campaign_id,
    a.segment_id,
    a.arm,
    case when t.customer_id is null then 0 else 1 end as told,
    w.converted,
    w.spend,
    b.spend as spend_before
  from ended_campaigns e
  join audiences a on a.month = e.month and a.campaign_id = e.campaign_id
  join period_spend w on w.campaign_id = a.campaign_id and w.customer_id = a.customer_id and w.period = 'window'
  join period_spend b on b.campaign_id = a.campaign_id and b.customer_id = a.customer_id and b.period = 'before'
  left join told t on t.campaign_id = a.campaign_id and t.customer_id = a.customer_id
),
-- A factor of 19 digits makes products of 38 on both engines: DuckDB keeps products of 18 and 18 within 18, which
-- 100,000 squared is beyond, and Spark takes a decimal from products of 19 and 19.
by_segment as (
  select
    campaign_id,
    segment_id,
    arm,
    count(*) as customers,
    sum(told) as told,
    sum(converted) as converted,
    sum(spend) as spend,
    sum(cast(spend as decimal(19, 4)) * spend) as spend_squares,
    sum(spend_before) as spend_before,
    sum(cast(spend_before as decimal(19, 4)) * spend_before) as spend_before_squares,
    sum(cast(spend as decimal(19, 4)) * spend_before) as spend_products
  from done
  group by campaign_id, segment_id, arm
),
summed as (
  select * from by_segment
  union all
  select
    campaign_id, 'all', arm, sum(customers), sum(told), sum(converted), sum(spend), sum(spend_squares),
    sum(spend_before), sum(spend_before_squares), sum(spend_products)
  from by_segment
  group by campaign_id, arm
)
select
  :month as month,
  :as_of as as_of,
  s.campaign_id,
  s.segment_id,
  s.arm,
  e.strategy_id,
  e.kpi,
  e.holdout_share,
  e.starts_on,
  e.ends_on,
  s.customers,
  case when k.campaign_id is not null then s.told end as told,
  s.converted,
  s.spend,
  s.spend_squares,
  s.spend_before,
  s.spend_before_squares,
  s.spend_products
from summed s
join ended_campaigns e on e.campaign_id = s.campaign_id
left join known_of k on k.campaign_id = s.campaign_id
