-- The baskets that basket_lines makes, numbered. A basket is of the type that its customer has in :types_month, '' where
-- it has none. Numbers are names: nothing depends on which basket has which.
with held as (
  select customer_id, month, receipt_id
  from basket_lines
  group by customer_id, month, receipt_id
)
select
  cast(row_number() over (order by h.month) as integer) as basket,
  h.customer_id,
  h.month,
  h.receipt_id,
  coalesce(t.segment_id, '') as segment_id
from held h
left join customer_types t on t.customer_id = h.customer_id and t.month = :types_month
