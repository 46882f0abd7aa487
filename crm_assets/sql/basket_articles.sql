-- The articles of basket_lines, numbered in the order of their ids, and on how many lines each is: products that are no
-- articles (:articles, a regular expression; empty = all are) are left out.
select cast(row_number() over (order by product_id) as integer) as item, product_id, lines
from (select product_id, count(*) as lines from basket_lines group by product_id) as sold
where :articles = '' or regexp_extract(product_id, :articles, 0) <> ''
