-- In how many baskets the itemsets of a level are found with one more article. A set P + x + y can be frequent only where
-- P + x and P + y are, so those two are sought in one basket; y comes after x, so that every set is met once. By the type
-- of the basket's customer. The same text for every level.
select s.set_no as parent, t.last_item as item, s.segment_no, count(*) as baskets
from itemset_baskets s
join itemset_baskets t on t.basket = s.basket and t.parent = s.parent and t.last_item > s.last_item
group by s.set_no, t.last_item, s.segment_no
