-- In how many baskets the itemsets of a level are found with one more item: those that come after their last one, so
-- that every itemset is met once. By the type of the basket's customer. The same text for every level.
select s.set_no as parent, i.item, s.segment_no, count(*) as baskets
from itemset_baskets s
join frequent_items i on i.basket = s.basket and i.item > s.last_item
group by s.set_no, i.item, s.segment_no
