-- The counts of every campaign of the month: whom its strategy fits, whom other campaigns reach instead, who refused
-- messages, who is addressed and who is held out. Bought before = a receipt in the last window_days up to :as_of.
with wanted as (
  select customer_id, strategy_id, row_number() over (partition by customer_id order by rank) as turn
  from customer_strategies
  where month = :month and goal_rank = 1
),
chosen as (
  select strategy_id, count(*) as customers
  from wanted
  where turn <= :campaigns_per_customer
  group by strategy_id
),
fitting as (
  select strategy_id, count(*) as customers
  from customer_strategies
  where month = :month
  group by strategy_id
),
listed as (
  select
    a.strategy_id,
    sum(case when a.arm = 'treatment' then 1 else 0 end) as treatment,
    sum(case when a.arm = 'control' then 1 else 0 end) as control,
    sum(case when a.consent is null then 1 else 0 end) as consent_unknown,
    sum(case when r.recency_days < s.window_days then 1 else 0 end) as bought
  from audiences a
  join strategies s on s.strategy_id = a.strategy_id and s.month = :month
  left join rfm_scores r on r.customer_id = a.customer_id and r.month = :month
  where a.month = :month
  group by a.strategy_id
),
days as (
  select b.date as day, b.day_number - a.day_number as ahead
  from calendar b
  join calendar a on a.date = :as_of
  where b.day_number > a.day_number
)
select
  concat(substr(cast(:month as string), 1, 7), '-', s.strategy_id) as campaign_id,
  s.strategy_id,
  s.kpi,
  first.day as starts_on,
  last.day as ends_on,
  f.customers as fitting,
  f.customers - c.customers as in_other_campaigns,
  c.customers - coalesce(l.treatment, 0) - coalesce(l.control, 0) as without_consent,
  coalesce(l.treatment, 0) as treatment,
  coalesce(l.control, 0) as control,
  coalesce(l.consent_unknown, 0) as consent_unknown,
  cast(l.bought as double) / (l.treatment + l.control) as bought_before
from strategies s
join fitting f on f.strategy_id = s.strategy_id
join chosen c on c.strategy_id = s.strategy_id
join days first on first.ahead = 1
join days last on last.ahead = s.window_days
left join listed l on l.strategy_id = s.strategy_id
where s.month = :month
order by s.place
