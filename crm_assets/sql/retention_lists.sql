-- Whom to write to: a customer is on one list at most. Those who bought nothing for a horizon are dormant already; of
-- the others, new customers likely to leave, and those of grade HHL likelier to leave than the grade's mean.
with grades as (
  select rfm_grade, sum(cast(probability as decimal(18, 12))) / count(*) as mean_probability
  from dormancy_predictions
  where month = :month
  group by rfm_grade
),
listed as (
  select
    p.customer_id,
    p.rfm_grade,
    s.recency_days,
    p.probability,
    case
      when s.recency_days >= :dormancy_horizon_days then 'reactivate'
      when l.lifecycle = 'new' and p.probability >= :at_risk_probability then 'early_churn'
      when p.rfm_grade = 'HHL' and l.lifecycle <> 'new' and p.probability > g.mean_probability then 'potential_loyal'
    end as list,
    case
      when s.recency_days >= :dormancy_horizon_days then p.expected_spend - p.value_at_risk
      else p.value_at_risk
    end as value
  from dormancy_predictions p
  join rfm_scores s on s.month = p.month and s.customer_id = p.customer_id
  join customer_lifecycles l on l.month = p.month and l.customer_id = p.customer_id
  join grades g on g.rfm_grade = p.rfm_grade
  where p.month = :month
)
select
  :month as month,
  :as_of as as_of,
  list,
  row_number() over (partition by list order by value desc, probability desc, customer_id) as rank,
  customer_id,
  rfm_grade,
  recency_days,
  probability,
  value
from listed
where list is not null
