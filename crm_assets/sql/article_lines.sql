-- What article_purchases are made of, and recommendations by them (baskets are made of basket_lines): which articles each
-- receipt holds, from :first_month to :month. Returns, services, wallet payments and products that are no articles
-- (:articles, a regular expression; empty = all are) are left out. A receipt is told by its customer, month and number.
-- One row per receipt and article.
select
  customer_id,
  month,
  receipt_id,
  product_id,
  min(cast(purchased_at as date)) as purchase_date
from raw_transactions
where month between :first_month and :month
  and record_type = 'product'
  and product_id is not null
  and amount > 0
  and (:articles = '' or regexp_extract(product_id, :articles, 0) <> '')
group by customer_id, month, receipt_id, product_id
