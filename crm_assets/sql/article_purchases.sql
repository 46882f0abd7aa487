-- Receipts per customer and article of a month; `article_lines` are those of the month, made by article_lines.sql.
select
  :month as month,
  customer_id,
  product_id,
  count(*) as receipts,
  max(purchase_date) as last_date
from article_lines
group by customer_id, product_id
