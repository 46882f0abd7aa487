-- Companions of the articles of the `shelf`, found in Python as places on it (`companions`: article, because, weight,
-- customers), by their ids and ranked.
select
  :month as month,
  :as_of as as_of,
  a.product_id,
  b.product_id as because_product_id,
  row_number() over (partition by c.article order by c.weight desc, c.because) as rank,
  c.weight,
  c.customers
from companions c
join shelf a on a.place = c.article
join shelf b on b.place = c.because
