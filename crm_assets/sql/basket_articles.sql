-- The articles of basket_lines, numbered in the order of their ids.
select cast(row_number() over (order by product_id) as integer) as item, product_id
from (select product_id from basket_lines group by product_id) as sold
