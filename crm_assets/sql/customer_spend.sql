-- What clustered customers spent per major category in the window (null where it is not known), and whether they paid
-- with a wallet: one pass over the lines, for customer_traits.sql and for the names of its categories.
select
  t.customer_id,
  p.category_major,
  sum(case when t.record_type = 'product' then t.amount end) as amount,
  max(case when t.record_type = 'wallet' then 1 else 0 end) as wallet_user
from raw_transactions t
join cluster_assignments m on m.customer_id = t.customer_id and m.month = :month
left join products p on p.product_id = t.product_id
where t.month between :window_start and :month and t.record_type in ('product', 'wallet')
group by t.customer_id, p.category_major
