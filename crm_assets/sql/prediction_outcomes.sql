-- What became of predictions, of every month from :since to :month. True is the type that an existing customer is
-- assigned: with cluster_population=all new ones are assigned too, but the question is about those who stay. Who
-- they are is not counted again: customer_lifecycles of the month that gave the type says whom it took for existing.
with predicted as (
  select month, as_of, customer_id, receipts, segment_id, probability, abstained, trained_as_of, horizon_days
  from new_customer_predictions
  where month < :month
),
typed as (
  select a.month, a.as_of, a.customer_id, a.segment_id
  from cluster_assignments a
  join (select distinct customer_id from predicted) p on p.customer_id = a.customer_id
  join customer_lifecycles l on l.customer_id = a.customer_id and l.month = a.month and l.lifecycle <> 'new'
  where a.month <= :month
),
first_typed as (
  select customer_id, min(month) as month
  from typed
  group by customer_id
),
horizons as (
  select p.month as predicted_month, p.horizon_days, d.month
  from (select distinct month, as_of, horizon_days from predicted) p
  join calendar c on c.date = p.as_of
  join calendar d on d.day_number = c.day_number + p.horizon_days
),
judged as (
  select 'first' as outcome, f.month, p.month as predicted_month, p.customer_id
  from first_typed f
  join predicted p on p.customer_id = f.customer_id and p.month < f.month
  union all
  select 'horizon', h.month, p.month, p.customer_id
  from predicted p
  join horizons h on h.predicted_month = p.month and h.horizon_days = p.horizon_days
)
select
  t.month,
  t.as_of,
  t.customer_id,
  j.outcome,
  j.predicted_month,
  p.receipts,
  p.segment_id as predicted_id,
  p.probability,
  p.abstained,
  p.trained_as_of,
  t.segment_id
from judged j
join predicted p on p.customer_id = j.customer_id and p.month = j.predicted_month
join typed t on t.customer_id = j.customer_id and t.month = j.month
where j.month between :since and :month
