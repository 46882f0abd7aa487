-- The outcome of every customer that an exact test asks about. Lines of one receipt are no independent events: the trials
-- are receipts, and the successes the customer's share of them, rounded towards the population's.
select
  n.index_id,
  n.population_group,
  n.customer_id,
  n.receipts as trials,
  cast(
    case when n.share > p.mean_share then floor(n.share * n.receipts + 0.000000001)
      else ceil(n.share * n.receipts - 0.000000001) end
    as bigint
  ) as successes,
  case
    when abs(n.share - p.mean_share) < 0.00000000001 then 0
    when n.share > p.mean_share then 1
    else -1
  end as side,
  p.mean_share,
  p.standard_error
from index_counts n
join index_populations p on p.index_id = n.index_id and p.population_group = n.population_group
where n.is_enough = 1
