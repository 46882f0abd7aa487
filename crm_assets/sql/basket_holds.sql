-- The baskets that basket_lines makes, numbered: those with an article. A basket is of the type that its customer has in
-- :types_month, '' where it has none. Numbers are names: nothing depends on which basket has which, so they follow no
-- order, which costs a sort.
select
  cast(row_number() over (order by 1) as integer) as basket,
  h.customer_id,
  h.month,
  h.receipt_id,
  g.segment_id,
  g.segment_no
from (
  select l.customer_id, l.month, l.receipt_id
  from basket_lines l
  join basket_articles a on a.product_id = l.product_id
  group by l.customer_id, l.month, l.receipt_id
) h
left join customer_types t on t.customer_id = h.customer_id and t.month = :types_month
join basket_segments g on g.segment_id = coalesce(t.segment_id, '')
