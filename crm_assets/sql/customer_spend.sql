-- What clustered customers spent per major category in the window: for customer_traits.sql and the names of its
-- categories.
select
  t.customer_id,
  p.category_major,
  sum(t.amount) as amount
from raw_transactions t
join cluster_assignments m on m.customer_id = t.customer_id and m.month = :month
join products p on p.product_id = t.product_id
where t.month between :window_start and :month and t.record_type = 'product' and p.category_major is not null
group by t.customer_id, p.category_major
