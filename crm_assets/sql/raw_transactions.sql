-- The lines of a month, each once. `detail` tells lines apart that only differ in columns the mapping does not take;
-- line_no follows the content, never the file, so that cutting the receipts into other files changes nothing.
select
  :month as month,
  customer_id,
  receipt_id,
  row_number() over (
    partition by customer_id, receipt_id, record_type
    order by
      purchased_at, product_id nulls last, quantity nulls last, amount, channel nulls last, partner_id nulls last,
      branch_id nulls last, detail nulls last
  ) as line_no,
  purchased_at,
  channel,
  partner_id,
  branch_id,
  product_id,
  quantity,
  amount,
  record_type
from delivered_lines
