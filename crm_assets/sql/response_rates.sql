-- Messages and responses per customer, and the way by which a customer answers: the largest lower end of the Wilson
-- interval (z = 1.96), so that one answer to one message does not beat ten to twenty.
with messages as (
  select
    customer_id, message_channel, sent_on, consent,
    case when opened = 'yes' or clicked = 'yes' or converted = 'yes' then 1 else 0 end as responded,
    case when converted = 'yes' then 1 else 0 end as converted
  from marketing_responses
  where sent_on <= :as_of
),
by_channel as (
  select customer_id, message_channel, count(*) as sent, sum(responded) as responded, sum(converted) as converted
  from messages
  group by customer_id, message_channel
),
rates as (
  select customer_id, message_channel, sent, cast(responded as double) / sent as rate
  from by_channel
  where sent >= :least_messages and responded > 0
),
ranked as (
  select
    customer_id, message_channel,
    row_number() over (
      partition by customer_id
      order by
        (rate + 1.9208 / sent - 1.96 * sqrt((rate * (1 - rate) + 0.9604 / sent) / sent)) / (1 + 3.8416 / sent) desc,
        message_channel
    ) as place
  from rates
),
said as (
  select
    customer_id, consent,
    row_number() over (
      partition by customer_id, message_channel order by sent_on desc, case when consent = 'no' then 0 else 1 end
    ) as place
  from messages
  where consent is not null
),
consents as (
  select customer_id, min(consent) as consent  -- no comes before yes
  from said
  where place = 1
  group by customer_id
),
totals as (
  select customer_id, sum(sent) as sent, sum(responded) as responded, sum(converted) as converted
  from by_channel
  group by customer_id
)
select
  :month as month,
  :as_of as as_of,
  t.customer_id,
  t.sent,
  t.responded,
  t.converted,
  case when t.sent >= :least_messages then cast(t.responded as double) / t.sent end as response_rate,
  r.message_channel as preferred_channel,
  c.consent
from totals t
left join ranked r on r.customer_id = t.customer_id and r.place = 1
left join consents c on c.customer_id = t.customer_id
