-- Customers who bought, receipts and amount, per type (and for 'all') and day of the window; every day has its row.
with members as (
  select customer_id, segment_id, segment_name
  from cluster_assignments
  where month = :month
),
shown as (
  select segment_id as of_segment, segment_id, segment_name from members group by segment_id, segment_name
  union all
  select segment_id as of_segment, 'all' as segment_id, 'all' as segment_name from members group by segment_id
),
customer_days as (
  select m.segment_id, r.customer_id, r.purchase_date, count(*) as receipts, sum(r.amount) as amount
  from receipts r
  join members m on m.customer_id = r.customer_id
  where r.month between :window_start and :month
  group by m.segment_id, r.customer_id, r.purchase_date
),
type_days as (
  select segment_id, purchase_date, count(*) as customers, sum(receipts) as receipts, sum(amount) as amount
  from customer_days
  group by segment_id, purchase_date
),
shown_days as (
  select s.segment_id, d.purchase_date, sum(d.customers) as customers, sum(d.receipts) as receipts, sum(d.amount) as amount
  from type_days d
  join shown s on s.of_segment = d.segment_id
  group by s.segment_id, d.purchase_date
),
days as (
  select date
  from calendar
  where month between :window_start and :month and date >= :history_start and date <= :as_of
)
select
  :month as month,
  :as_of as as_of,
  t.segment_id,
  t.segment_name,
  d.date,
  coalesce(a.customers, 0) as active_customers,
  coalesce(a.receipts, 0) as receipts,
  coalesce(a.amount, 0) as amount
from (select distinct segment_id, segment_name from shown) t
cross join days d
left join shown_days a on a.segment_id = t.segment_id and a.purchase_date = d.date
