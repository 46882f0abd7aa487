-- The lines that baskets of the months are made of: what is sold, without returns, services and gifts. With the unit
-- `customer` all of a customer's lines are one basket. Each query that reads them has this text within it: a table of them
-- would cost as much as all that is made of it.
select
  customer_id,
  case when :unit = 'customer' then :month else month end as month,
  case when :unit = 'customer' then '' else receipt_id end as receipt_id,
  product_id
from raw_transactions
where month between :first_month and :month and record_type = 'product' and product_id is not null and amount > 0
