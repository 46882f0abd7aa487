-- Which articles each basket of basket_holds has, by the numbers of basket, type and article, each once. An article on
-- fewer than :least_lines lines is in too few baskets to be frequent anywhere.
select b.basket, b.segment_no, a.item
from basket_lines l
join basket_articles a on a.product_id = l.product_id and a.lines >= :least_lines
join basket_holds b on b.customer_id = l.customer_id and b.month = l.month and b.receipt_id = l.receipt_id
group by b.basket, b.segment_no, a.item
