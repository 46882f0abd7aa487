-- The counts of every campaign of the month: whom its strategy fits, whom other campaigns reach instead, who refused
-- messages, who is addressed and who is held out; and what the audience did in the last window_days up to :as_of
-- (period_spend, a temporary table of marketing/kpis.py): what a difference could be found against.
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
    max(a.holdout_share) as holdout_share,
    sum(b.converted) as converted_before,
    sum(b.spend) as spend_before,
    -- As in campaign_outcomes.sql: a factor of 19 digits makes products of 38 on both engines.
    sum(cast(b.spend as decimal(19, 4)) * b.spend) as spend_before_squares
  from audiences a
  join period_spend b on b.campaign_id = a.campaign_id and b.customer_id = a.customer_id
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
  coalesce(l.holdout_share, cast(:holdout_share as double)) as holdout_share,
  l.converted_before,
  l.spend_before,
  l.spend_before_squares
from strategies s
join fitting f on f.strategy_id = s.strategy_id
join chosen c on c.strategy_id = s.strategy_id
join days first on first.ahead = 1
join days last on last.ahead = s.window_days
left join listed l on l.strategy_id = s.strategy_id
where s.month = :month
order by s.place
