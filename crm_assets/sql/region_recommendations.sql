-- How many customers of each region every article is recommended to, and of all regions together. Customers without a
-- region are in none.
with placed as (
  select r.customer_id, r.product_id, c.region
  from recommendations r
  join customers c on c.customer_id = r.customer_id
  where r.month = :month and c.region is not null
),
regions as (
  select region, count(distinct customer_id) as customers
  from placed
  group by region
),
whole as (
  select sum(customers) as customers from regions
),
told as (
  select region, product_id, count(*) as recommended
  from placed
  group by region, product_id
),
articles as (
  select product_id, sum(recommended) as recommended
  from told
  group by product_id
)
select
  t.region,
  t.product_id,
  n.customers,
  t.recommended,
  w.customers - n.customers as other_customers,
  a.recommended - t.recommended as other_recommended
from told t
join regions n on n.region = t.region
join articles a on a.product_id = t.product_id
cross join whole w
where n.customers >= :region_min_customers
order by t.region, t.product_id
