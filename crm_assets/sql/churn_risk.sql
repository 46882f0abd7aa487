-- Days since the last purchase over the usual interval between purchase dates, per customer of the window. The own mean
-- interval is (last - first) / (dates - 1). The population's is the mean of the own means of the customers with three
-- dates or more; one gap says little, so with two dates the interval is halfway to it, and with one it is all there is.
-- Own means are decimals, so that their sum is exact.
with firsts as (
  select r.customer_id, min(c.day_number) as day_number
  from receipts r
  join calendar c on c.date = r.purchase_date
  where r.month between :window_start and :month
  group by r.customer_id
),
measured as (
  select
    s.customer_id,
    s.recency_days,
    s.visit_days as purchase_dates,
    case
      when s.visit_days > 1 then cast(
        cast(a.day_number - s.recency_days - f.day_number as double) / (s.visit_days - 1) as decimal(18, 9)
      )
    end as own_interval
  from rfm_scores s
  join firsts f on f.customer_id = s.customer_id
  cross join (select day_number from calendar where date = :as_of) a
  where s.month = :month
),
population as (
  select cast(sum(own_interval) as double) / nullif(count(own_interval), 0) as interval_days
  from measured
  where purchase_dates >= 3
),
used as (
  select
    m.*,
    case
      when m.purchase_dates >= 3 then cast(m.own_interval as double)
      when m.purchase_dates = 2 then (cast(m.own_interval as double) + p.interval_days) / 2
      else p.interval_days
    end as interval_days
  from measured m
  cross join population p
)
select
  :month as month,
  :as_of as as_of,
  customer_id,
  recency_days,
  purchase_dates,
  cast(own_interval as double) as own_interval_days,
  interval_days,
  recency_days / interval_days as churn_risk
from used
