-- What the customers of a campaign did in its window, of campaigns whose window ended between :month and :as_of and is
-- known to be over: receipts may end before the month does, and the shop is known as far as its last receipt and the
-- longest time that it was ever without one (as in dormancy_answers.sql). Who bought nothing counts as 0. The time before
-- is as long as the window and ends the day before it.
with shop_days as (
  select c.day_number, c.day_number - lag(c.day_number) over (order by c.day_number) as gap
  from (select distinct purchase_date from receipts where month <= :month) r
  join calendar c on c.date = r.purchase_date
),
known as (
  select least(max(a.day_number), max(s.day_number) + coalesce(max(s.gap), 1)) as last_day
  from shop_days s
  cross join (select day_number from calendar where date = :as_of) a
),
ended as (
  select
    c.month, c.campaign_id, c.strategy_id, c.kpi, c.holdout_share, c.starts_on, c.ends_on,
    -- Days before the calendar's first year are before history too.
    coalesce(b.date, :history_start) as before_on
  from campaigns c
  join calendar s on s.date = c.starts_on
  join calendar e on e.date = c.ends_on
  cross join known k
  left join calendar b on b.day_number = 2 * s.day_number - e.day_number - 1
  where c.month < :month and c.ends_on between :month and :as_of and e.day_number <= k.last_day
),
members as (
  select e.campaign_id, e.starts_on, e.ends_on, e.before_on, e.kpi, a.customer_id, a.segment_id, a.arm
  from ended e
  join audiences a on a.month = e.month and a.campaign_id = e.campaign_id
),
bought as (
  select
    m.campaign_id,
    m.customer_id,
    max(case when r.purchase_date >= m.starts_on and (m.kpi <> 'online_purchase' or r.channel = 'online') then 1 else 0 end)
      as bought,
    sum(case when r.purchase_date >= m.starts_on then r.amount else 0 end) as spend,
    sum(case when r.purchase_date < m.starts_on then r.amount else 0 end) as spend_before
  from members m
  join receipts r
    on r.customer_id = m.customer_id and r.month <= :month and r.purchase_date between m.before_on and m.ends_on
  group by m.campaign_id, m.customer_id
),
paid as (
  select m.campaign_id, m.customer_id
  from members m
  join raw_transactions l
    on l.customer_id = m.customer_id and l.month <= :month and l.record_type = 'wallet' and l.amount > 0
    and cast(l.purchased_at as date) between m.starts_on and m.ends_on
  where m.kpi = 'wallet_payment'
  group by m.campaign_id, m.customer_id
),
told as (
  select e.campaign_id, r.customer_id
  from ended e
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
    m.campaign_id,
    m.segment_id,
    m.arm,
    case when t.customer_id is null then 0 else 1 end as told,
    case when m.kpi = 'wallet_payment' then case when p.customer_id is null then 0 else 1 end
      else coalesce(b.bought, 0) end as converted,
    cast(coalesce(b.spend, 0) as decimal(18, 4)) as spend,
    cast(coalesce(b.spend_before, 0) as decimal(18, 4)) as spend_before
  from members m
  left join bought b on b.campaign_id = m.campaign_id and b.customer_id = m.customer_id
  left join paid p on p.campaign_id = m.campaign_id and p.customer_id = m.customer_id
  left join told t on t.campaign_id = m.campaign_id and t.customer_id = m.customer_id
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
join ended e on e.campaign_id = s.campaign_id
left join known_of k on k.campaign_id = s.campaign_id
