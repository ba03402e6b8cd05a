-- What each agent did on each day of UTC, from raw rows: for any database that knows window functions. $FROM and $UNTIL are microseconds.
WITH said AS (
  SELECT agent, moment - moment % 86400000000 AS day,
    SUM(CASE WHEN chat IS NULL THEN 1 ELSE 0 END) AS answers,
    SUM(CASE WHEN chat IS NULL THEN 0 ELSE 1 END) AS chat_answers
  FROM messages WHERE agent IS NOT NULL AND moment >= $FROM AND moment < $UNTIL GROUP BY 1, 2
), changes AS (
  SELECT agent, moment, came_from, went_to, moment - LAG(moment) OVER (PARTITION BY conversation ORDER BY number) AS took FROM statuses
), changed AS (
  SELECT agent, moment - moment % 86400000000 AS day,
    SUM(CASE WHEN came_from = 'N' AND went_to = 'A' THEN 1 ELSE 0 END) AS new_answers,
    SUM(CASE WHEN came_from = 'N' AND went_to = 'A' THEN took ELSE 0 END) AS new_answer_time,
    SUM(CASE WHEN came_from = 'C' AND went_to = 'A' THEN 1 ELSE 0 END) AS next_answers,
    SUM(CASE WHEN came_from = 'C' AND went_to = 'A' THEN took ELSE 0 END) AS next_answer_time,
    SUM(CASE WHEN went_to = 'R' THEN 1 ELSE 0 END) AS resolved
  FROM changes WHERE agent IS NOT NULL AND moment >= $FROM AND moment < $UNTIL GROUP BY 1, 2
), offered AS (
  SELECT chat, MIN(moment) AS moment FROM offers WHERE expired = 0 GROUP BY 1
), missed AS (
  SELECT agent, moment - moment % 86400000000 AS day, COUNT(*) AS missed
  FROM offers WHERE expired = 1 AND moment >= $FROM AND moment < $UNTIL GROUP BY 1, 2
), joined AS (
  SELECT e.agent, e.moment - e.moment % 86400000000 AS day, COUNT(*) AS chats, COUNT(o.moment) AS pickups, SUM(e.moment - o.moment) AS pickup_time
  FROM engagements e LEFT JOIN offered o ON o.chat = e.chat WHERE e.moment >= $FROM AND e.moment < $UNTIL GROUP BY 1, 2
), ended AS (
  SELECT e.agent, c.moment - c.moment % 86400000000 AS day, COUNT(*) AS chat_times, SUM(c.moment - e.moment) AS chat_time
  FROM engagements e JOIN chats c ON c.chat = e.chat AND c.moment IS NOT NULL WHERE c.moment >= $FROM AND c.moment < $UNTIL GROUP BY 1, 2
), rated AS (
  SELECT e.agent, r.moment - r.moment % 86400000000 AS day, SUM(r.good) AS rewards, SUM(1 - r.good) AS punishments
  FROM ratings r JOIN engagements e ON e.chat = r.chat WHERE r.moment >= $FROM AND r.moment < $UNTIL GROUP BY 1, 2
), each_part AS (
  SELECT agent, day, answers AS a, chat_answers AS b, 0 AS c, 0 AS d, 0 AS e, 0 AS f, 0 AS g, 0 AS h, 0 AS i, 0 AS j, 0 AS k, 0 AS l,
    0 AS m, 0 AS n, 0 AS o FROM said
  UNION ALL SELECT agent, day, 0, 0, new_answers, new_answer_time, next_answers, next_answer_time, resolved, 0, 0, 0, 0, 0, 0, 0, 0 FROM changed
  UNION ALL SELECT agent, day, 0, 0, 0, 0, 0, 0, 0, missed, 0, 0, 0, 0, 0, 0, 0 FROM missed
  UNION ALL SELECT agent, day, 0, 0, 0, 0, 0, 0, 0, 0, chats, pickups, pickup_time, 0, 0, 0, 0 FROM joined
  UNION ALL SELECT agent, day, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, chat_times, chat_time, 0, 0 FROM ended
  UNION ALL SELECT agent, day, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, rewards, punishments FROM rated
)
SELECT CAST(agent AS BIGINT), CAST(day AS BIGINT), CAST(SUM(a) AS BIGINT), CAST(SUM(b) AS BIGINT), CAST(SUM(c) AS BIGINT),
  CAST(SUM(d) AS BIGINT), CAST(SUM(e) AS BIGINT), CAST(SUM(f) AS BIGINT), CAST(SUM(g) AS BIGINT), CAST(SUM(h) AS BIGINT),
  CAST(SUM(i) AS BIGINT), CAST(SUM(j) AS BIGINT), CAST(SUM(k) AS BIGINT), CAST(SUM(l) AS BIGINT), CAST(SUM(m) AS BIGINT),
  CAST(SUM(n) AS BIGINT), CAST(SUM(o) AS BIGINT)
FROM each_part GROUP BY agent, day
HAVING SUM(a) + SUM(b) + SUM(c) + SUM(e) + SUM(g) + SUM(h) + SUM(i) + SUM(j) + SUM(l) + SUM(n) + SUM(o) > 0
ORDER BY agent, day
