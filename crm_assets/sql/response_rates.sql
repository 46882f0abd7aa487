-- Messages and responses per customer, and the way by which a customer answers: the largest lower end of the Wilson
-- interval (95 %, as in segment_retention.sql), so that one answer to one message does not beat ten to twenty.
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
  where sent >= :least_messages and responded > 0 and message_channel <> 'other'  -- nobody could send by that
),
ranked as (
  select
    r.customer_id, r.message_channel,
    row_number() over (
      partition by r.customer_id
      order by
        (r.rate + z.z2 / (2 * r.sent) - sqrt(z.z2 * (r.rate * (1 - r.rate) + z.z2 / (4 * r.sent)) / r.sent))
          / (1 + z.z2 / r.sent) desc,
        r.message_channel
    ) as place
  from rates r
  cross join (select cast(3.841458820694124 as double) as z2) z
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
