-- The major category on which each new customer spent most so far; of equal ones the first by name. `new_customers`
-- lists them (customer_id).
with spend as (
  select t.customer_id, p.category_major, sum(t.amount) as amount
  from raw_transactions t
  join new_customers n on n.customer_id = t.customer_id
  join products p on p.product_id = t.product_id
  where t.month <= :month and t.record_type = 'product' and p.category_major is not null
  group by t.customer_id, p.category_major
),
ranked as (
  select
    customer_id, category_major,
    row_number() over (partition by customer_id order by amount desc, category_major) as place
  from spend
  where amount > 0
)
select customer_id, category_major as own_interest from ranked where place = 1
