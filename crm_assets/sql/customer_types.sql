-- One type for every customer seen so far. A clustered one has the type of the month, a new one that of the model of
-- new customers, unless that abstained, a lapsed one the type of the last month in which it was clustered.
with placed as (
  select customer_id, lifecycle, receipts
  from customer_lifecycles
  where month = :month
),
last_typed as (
  select c.customer_id, max(c.month) as month
  from placed p
  join cluster_assignments c on c.customer_id = p.customer_id
  where p.lifecycle = 'lapsed' and c.month < :month
  group by c.customer_id
),
typed as (
  select
    p.customer_id,
    p.lifecycle,
    p.receipts,
    coalesce(a.segment_id, case when n.abstained then null else n.segment_id end, c.segment_id) as segment_id,
    coalesce(a.segment_name, case when n.abstained then null else n.segment_name end, c.segment_name) as segment_name,
    case
      when a.customer_id is not null then 'assigned'
      when n.abstained then 'abstained'
      when n.customer_id is not null then 'predicted'
      when c.customer_id is not null then 'carried'
      else 'none'
    end as source
  from placed p
  left join cluster_assignments a on a.customer_id = p.customer_id and a.month = :month
  left join new_customer_predictions n
    on n.customer_id = p.customer_id and n.month = :month and p.lifecycle = 'new'
  left join last_typed l on l.customer_id = p.customer_id
  left join cluster_assignments c on c.customer_id = l.customer_id and c.month = l.month
)
select
  :month as month,
  :as_of as as_of,
  customer_id,
  lifecycle,
  receipts,
  segment_id,
  segment_name,
  source,
  case when source = 'assigned' then segment_id when lifecycle = 'existing' then 'untyped' else lifecycle end as state
from typed
