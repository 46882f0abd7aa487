-- Shares and scores by tenths of 0-100, from the rows that customer_indices is about to write.
with placed as (
  select
    index_id,
    cast(least(9, floor(round(coalesce(share * 100, score), 9) / 10)) as bigint) as tenth
  from staged_customer_indices
)
select :month as month, :as_of as as_of, index_id, tenth, count(*) as customers
from placed
group by index_id, tenth
