-- The baskets that basket_lines makes, numbered. A basket is of the type that its customer has in :types_month, '' where
-- it has none. Numbers are names: nothing depends on which basket has which, so they follow no order, which costs a sort.
with held as (
  select customer_id, month, receipt_id
  from basket_lines
  group by customer_id, month, receipt_id
)
select
  cast(row_number() over (order by 1) as integer) as basket,
  h.customer_id,
  h.month,
  h.receipt_id,
  g.segment_id,
  g.segment_no
from held h
left join customer_types t on t.customer_id = h.customer_id and t.month = :types_month
join basket_segments g on g.segment_id = coalesce(t.segment_id, '')
