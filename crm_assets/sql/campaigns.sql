-- The counts of every campaign of the month: whom its strategy fits, whom other campaigns reach instead, who refused
-- messages, who is addressed and who is held out; and what the audience did in the last window_days up to :as_of, by the
-- strategy's own kpi: what a difference could be found against.
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
members as (
  select a.strategy_id, a.customer_id, a.arm, a.consent, s.kpi, e.day_number - s.window_days as last_day_out
  from audiences a
  join strategies s on s.strategy_id = a.strategy_id and s.month = :month
  join calendar e on e.date = :as_of
  where a.month = :month
),
bought as (
  select
    m.strategy_id,
    m.customer_id,
    max(case when m.kpi <> 'online_purchase' or r.channel = 'online' then 1 else 0 end) as bought,
    cast(sum(r.amount) as decimal(18, 4)) as spend
  from members m
  join receipts r on r.customer_id = m.customer_id and r.month <= :month
  join calendar c on c.date = r.purchase_date and c.day_number > m.last_day_out
  group by m.strategy_id, m.customer_id
),
paid as (
  select m.strategy_id, m.customer_id
  from members m
  join raw_transactions l
    on l.customer_id = m.customer_id and l.month <= :month and l.record_type = 'wallet' and l.amount > 0
  join calendar c on c.date = cast(l.purchased_at as date) and c.day_number > m.last_day_out
  where m.kpi = 'wallet_payment'
  group by m.strategy_id, m.customer_id
),
listed as (
  select
    m.strategy_id,
    sum(case when m.arm = 'treatment' then 1 else 0 end) as treatment,
    sum(case when m.arm = 'control' then 1 else 0 end) as control,
    sum(case when m.consent is null then 1 else 0 end) as consent_unknown,
    sum(
      case when m.kpi = 'wallet_payment' then case when p.customer_id is null then 0 else 1 end
        else coalesce(b.bought, 0) end
    ) as converted_before,
    sum(coalesce(b.spend, 0)) as spend_before,
    sum(cast(coalesce(b.spend, 0) as decimal(19, 4)) * cast(coalesce(b.spend, 0) as decimal(18, 4)))
      as spend_before_squares
  from members m
  left join bought b on b.strategy_id = m.strategy_id and b.customer_id = m.customer_id
  left join paid p on p.strategy_id = m.strategy_id and p.customer_id = m.customer_id
  group by m.strategy_id
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
