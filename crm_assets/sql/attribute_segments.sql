-- What the rules of attributes.yaml read of every customer of the window. Interest, loyalty and purchasing power are of
-- existing customers only: those of new ones are predicted. The interest is the major category with the largest lift
-- (share of the customer's spend over the population's share) among those on two receipts or more;
-- loyalty and purchasing power are tie-safe tertiles of frequency and monetary: 1 + floor(3 * (min_rank - 1) / n).
with channels as (
  select customer_id, min(channel) as first_channel, max(channel) as last_channel
  from receipts
  where month between :window_start and :month
  group by customer_id
),
wallet_users as (
  select distinct customer_id
  from raw_transactions
  where month between :window_start and :month and record_type = 'wallet'
),
major_spend as (
  -- Two receipts have two numbers: the least and the greatest differ. To count them all takes three times as long.
  select
    t.customer_id, p.category_major, sum(t.amount) as amount,
    case when min(t.receipt_id) < max(t.receipt_id) then 1 else 0 end as is_repeated
  from raw_transactions t
  join products p on p.product_id = t.product_id
  where t.month between :window_start and :month and t.record_type = 'product' and p.category_major is not null
  group by t.customer_id, p.category_major
),
category_totals as (
  select category_major, sum(amount) as amount from major_spend group by category_major
),
customer_totals as (
  select customer_id, count(*) as categories, sum(amount) as amount from major_spend group by customer_id
),
everything as (
  select sum(amount) as amount, count(*) as customers from customer_totals
),
lifts as (
  select
    s.customer_id, s.category_major, s.amount,
    (cast(s.amount as double) / cast(c.amount as double))
      / (cast(t.amount as double) / cast(e.amount as double)) as lift
  from major_spend s
  join customer_lifecycles l on l.customer_id = s.customer_id and l.month = :month and l.lifecycle = 'existing'
  join customer_totals c on c.customer_id = s.customer_id
  join category_totals t on t.category_major = s.category_major
  cross join everything e
  where s.is_repeated = 1 and s.amount > 0 and c.amount > 0 and t.amount > 0 and e.amount > 0
),
ranked_lifts as (
  select
    customer_id, category_major, lift,
    row_number() over (partition by customer_id order by lift desc, amount desc, category_major) as place
  from lifts
),
existing as (
  select
    s.customer_id,
    rank() over (order by s.frequency) as f_rank,
    rank() over (order by s.monetary) as m_rank,
    count(*) over () as customers
  from rfm_scores s
  join customer_lifecycles l on l.customer_id = s.customer_id and l.month = s.month
  where s.month = :month and l.lifecycle = 'existing'
),
tertiles as (
  select
    customer_id,
    floor(cast(3 * (f_rank - 1) as double) / customers) as f_third,
    floor(cast(3 * (m_rank - 1) as double) / customers) as m_third
  from existing
)
select
  :month as month,
  :as_of as as_of,
  s.customer_id,
  case when e.customer_id is null then 0 else 1 end as is_existing,
  c.gender,
  c.age_band,
  c.region,
  i.category_major as interest_category,
  i.lift as interest_lift,
  case when a.customers > 0 then coalesce(t.categories, 0) end as categories_major,
  case when r.first_channel < r.last_channel then 'both' else r.first_channel end as channel_use,
  case when k.wallet_users > 0 then case when w.customer_id is null then 0 else 1 end end as wallet_user,
  case e.f_third when 0 then 'low' when 1 then 'mid' when 2 then 'high' end as loyalty,
  case e.m_third when 0 then 'low' when 1 then 'mid' when 2 then 'high' end as purchasing_power,
  s.recency_days,
  s.frequency,
  s.visit_days,
  s.monetary,
  h.interval_days,
  h.churn_risk
from rfm_scores s
join channels r on r.customer_id = s.customer_id
left join tertiles e on e.customer_id = s.customer_id
left join churn_risk h on h.customer_id = s.customer_id and h.month = :month
left join customers c on c.customer_id = s.customer_id
left join wallet_users w on w.customer_id = s.customer_id
left join customer_totals t on t.customer_id = s.customer_id
left join ranked_lifts i on i.customer_id = s.customer_id and i.place = 1
cross join everything a
cross join (select count(*) as wallet_users from wallet_users) k
where s.month = :month
