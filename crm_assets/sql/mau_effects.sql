-- What measures would add to the monthly active customers (those with a receipt in the month). Measured are the counts and
-- in how many of the last three months (those of the window that have receipts at all) a customer is active; assumed are
-- the shares that follow. Of the customers of the window: regular ones are active in two or three of the three months,
-- occasional ones in one, dormant ones in none.
with three as (
  select distinct month from receipts where month > :three_before and month >= :window_start and month <= :month
),
activity as (
  select r.customer_id, count(distinct case when t.month is not null then r.month end) as active_months,
    max(case when r.month = :month then 1 else 0 end) as active_now
  from receipts r
  left join three t on t.month = r.month
  where r.month between :window_start and :month
  group by r.customer_id
),
measured as (
  select
    (select count(*) from three) as months,
    coalesce(sum(active_now), 0) as current_active,
    coalesce(sum(case when active_months = 0 then 1 else 0 end), 0) as dormant,
    coalesce(sum(case when active_months = 1 then 1 else 0 end), 0) as occasional,
    cast(sum(case when active_months >= 2 then active_months else 0 end) as double)
      / nullif(sum(case when active_months >= 2 then 1 else 0 end), 0) as regular_months,
    cast(sum(active_months) as double)
      / nullif(sum(case when active_months >= 1 then 1 else 0 end), 0) as active_months
  from activity
),
rates as (
  select
    m.*,
    coalesce(m.active_months / m.months, 0) as active_share,
    greatest(coalesce(m.regular_months / m.months, 0) - 1.0 / m.months, 0) as gained_share
  from measured m
  where m.months > 0
),
parts as (
  select 'current' as component, cast(current_active as double) as population, cast(null as double) as assumed_share,
    cast(null as double) as active_share, cast(current_active as double) as active_customers, current_active
  from rates
  union all
  select 'new_inflow', current_active, :mau_new_inflow_share, active_share,
    current_active * :mau_new_inflow_share * active_share, current_active
  from rates
  union all
  select 'reactivated', dormant, :mau_reactivation_share, active_share,
    dormant * :mau_reactivation_share * active_share, current_active
  from rates
  union all
  select 'main_card', occasional, :mau_main_share, gained_share,
    occasional * :mau_main_share * gained_share, current_active
  from rates
),
every as (
  select component, population, assumed_share, active_share, active_customers, current_active from parts
  union all
  select 'total', max(current_active), null, null, sum(active_customers), max(current_active) from parts
  having count(*) > 0
)
select
  :month as month,
  :as_of as as_of,
  component,
  population,
  assumed_share,
  active_share,
  active_customers,
  case
    when component = 'total' then (active_customers - current_active) / nullif(current_active, 0)
    when component <> 'current' then active_customers / nullif(current_active, 0)
  end as change
from every
