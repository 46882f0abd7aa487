-- The probability of the candidate that is served for the customer's RFM grade, and what is at stake. The pace of spending
-- is that of the window: of a customer who came within the last horizon, of a horizon.
with reach as (
  select cast(e.day_number - s.day_number + 1 as bigint) as window_days
  from calendar e
  cross join (select day_number from calendar where date = :window_start) s
  where e.date = :as_of
),
chosen as (
  select
    f.customer_id,
    f.rfm_grade,
    f.frequency,
    f.p_alive,
    c.served as source,
    case c.served
      when 'model' then s.model
      when 'frequency' then s.frequency
      when 'recency' then s.recency
      when 'interval' then s.interval
      when 'p_alive' then s.p_alive
      else s.p_silent
    end as probability,
    s.model,
    s.reason,
    case
      when f.monetary < 0 then 0
      else cast(
        cast(f.monetary as double) * :dormancy_horizon_days
        / greatest(:dormancy_horizon_days, least(f.age_days + 1, w.window_days))
        as decimal(18, 4)
      )
    end as expected_spend
  from dormancy_features f
  join dormancy_scores s on s.month = f.month and s.customer_id = f.customer_id
  join dormancy_choices c on c.month = f.month and c.slice = f.rfm_grade
  cross join reach w
  where f.month = :month
)
select
  :month as month,
  :as_of as as_of,
  c.customer_id,
  c.rfm_grade,
  c.frequency,
  coalesce(c.probability, c.model) as probability,
  case when c.probability is null then 'model' else c.source end as source,
  c.p_alive,
  c.expected_spend,
  cast(coalesce(c.probability, c.model) * cast(c.expected_spend as double) as decimal(18, 4)) as value_at_risk,
  case when c.probability is null or c.source = 'model' then c.reason end as reason
from chosen c
