-- What customers known at the end of the month before bought in the month and what of it counts: articles that they had
-- never bought before (with :recommend_bought all). `shelf` is that of the month before: articles that are not on it
-- count, but could not be named (place is null).
with known as (
  select distinct customer_id
  from article_purchases
  where month between :first_month and :month_before
),
earlier as (
  select distinct customer_id, product_id
  from article_purchases
  where month <= :month_before
)
select n.customer_id, n.product_id, h.place
from article_purchases n
join known k on k.customer_id = n.customer_id
left join earlier e on e.customer_id = n.customer_id and e.product_id = n.product_id
left join shelf h on h.product_id = n.product_id
where n.month = :month and (:recommend_bought or e.product_id is null)
