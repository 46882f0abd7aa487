-- What the population of an index does: the mean of its customers' shares, each customer counting once. Sums are of
-- decimals, so that no order of the rows changes a digit.
with sums as (
  select
    index_id,
    population_group,
    count(*) as customers,
    cast(sum(cast(share as decimal(18, 12))) as double) as shares,
    cast(sum(cast(share * share as decimal(18, 12))) as double) as squares
  from index_counts
  where is_enough = 1 and population_group is not null
  group by index_id, population_group
)
select
  index_id,
  population_group,
  customers,
  shares / customers as mean_share,
  case when customers > 1
    then sqrt(greatest(squares - shares * shares / customers, 0.0) / (customers - 1) / customers)
  end as standard_error
from sums
