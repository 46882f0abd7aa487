-- The lines of a month, each once, with every column that a mapping feeds. `detail` tells lines apart that only differ
-- in columns the mapping does not take; line_no follows the content, never the file, so that cutting the receipts into
-- other files changes nothing: its order names every column of a line.
select
  :month as month,
  l.*,
  row_number() over (
    partition by customer_id, receipt_id, record_type
    order by
      purchased_at, product_id nulls last, quantity nulls last, amount, channel nulls last, partner_id nulls last,
      branch_id nulls last, attributes nulls last, detail nulls last
  ) as line_no
from delivered_lines l
