-- One basket a customer: all the articles of its receipts (receipt_lines), each once.
select customer_id, :month as month, '' as receipt_id, product_id
from receipt_lines
group by customer_id, product_id
