//! Service levels, the rules that choose one, clocks, and how well they were kept.

/// Times of levels are business seconds, NULL: not watched. A level that is taken away stays as a row, for the names in the log.
///
/// `sla_items` are clocks. One that runs has `running_since` and `due_at`, one that stands still has neither, one that ended has an
/// `outcome`. Of what was reached `number` counts on without end, and the last columns say how it stood then; `allowed`, `used` and `taken` are
/// microseconds of business time.
///
/// `sla_cells` add up what `sla_items` say of a quarter of an hour, once for each part of (department, agent, level) that a question may leave
/// open; what is left open is 0.
pub(super) const SLA: &str = r"
CREATE TABLE sla_levels (
  id {PK},
  name {TEXT} NOT NULL,
  name_key {TEXT} NOT NULL,
  first_answer BIGINT,
  next_answer BIGINT,
  first_assign BIGINT,
  first_resolve BIGINT,
  chat_answer BIGINT,
  call_answer BIGINT,
  calendar {TEXT} NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT
);
CREATE UNIQUE INDEX sla_levels_name ON sla_levels (name_key) WHERE removed_at IS NULL;
CREATE TABLE sla_rules (
  id {PK},
  ordinal BIGINT NOT NULL,
  name {TEXT} NOT NULL,
  enabled BIGINT NOT NULL,
  level_id BIGINT NOT NULL REFERENCES sla_levels(id),
  definition {TEXT} NOT NULL,
  created_at BIGINT NOT NULL
);
ALTER TABLE conversations ADD COLUMN sla_level_id BIGINT;
CREATE TABLE sla_items (
  id {PK},
  conversation_id BIGINT NOT NULL REFERENCES conversations(id),
  level_id BIGINT NOT NULL REFERENCES sla_levels(id),
  medium {TEXT} NOT NULL,
  goal {TEXT} NOT NULL,
  subject_id BIGINT,
  started_at BIGINT NOT NULL,
  allowed BIGINT NOT NULL,
  used BIGINT NOT NULL,
  running_since BIGINT,
  due_at BIGINT,
  breached_at BIGINT,
  outcome {TEXT},
  ended_at BIGINT,
  number BIGINT,
  department_id BIGINT,
  agent_id BIGINT,
  customer_id BIGINT,
  taken BIGINT
);
CREATE INDEX sla_items_open ON sla_items (conversation_id, due_at) WHERE outcome IS NULL;
CREATE INDEX sla_items_ended ON sla_items (conversation_id) WHERE outcome IS NOT NULL;
CREATE INDEX sla_items_due ON sla_items (due_at) WHERE outcome IS NULL AND breached_at IS NULL AND due_at IS NOT NULL;
CREATE UNIQUE INDEX sla_items_number ON sla_items (number) WHERE number IS NOT NULL;
CREATE INDEX sla_items_log ON sla_items (medium, ended_at, number) WHERE number IS NOT NULL;
CREATE INDEX sla_items_agent ON sla_items (agent_id, medium, ended_at, number) WHERE number IS NOT NULL;
CREATE INDEX sla_items_customer ON sla_items (customer_id, medium, ended_at, number) WHERE number IS NOT NULL;
CREATE TABLE sla_cells (
  medium {TEXT} NOT NULL,
  department_id BIGINT NOT NULL,
  agent_id BIGINT NOT NULL,
  level_id BIGINT NOT NULL,
  fulfilled BIGINT NOT NULL,
  quarter BIGINT NOT NULL,
  items BIGINT NOT NULL,
  total BIGINT NOT NULL,
  longest BIGINT NOT NULL,
  shortest BIGINT NOT NULL,
  PRIMARY KEY (medium, department_id, agent_id, level_id, fulfilled, quarter)
);
";

/// Fills cells of both lengths with what quarters said of one medium. Of one alone: SQLite holds in memory what it sorts.
macro_rules! of_medium {
    ($medium:literal) => {
        concat!(sums!("1", "quarter", $medium), sums!("4", "quarter / 4", $medium))
    };
}

/// Cells that are so many quarters of an hour long.
macro_rules! sums {
    ($span:literal, $slot:literal, $medium:literal) => {
        concat!(
            "INSERT INTO sla_cells (medium, department_id, agent_id, level_id, span, slot, kept_items, kept_total, kept_longest, kept_shortest, \
               late_items, late_total, late_longest, late_shortest) \
             SELECT medium, department_id, agent_id, level_id, ",
            concat!($span, ", ", $slot),
            ", CAST(SUM(CASE WHEN fulfilled = 1 THEN items ELSE 0 END) AS BIGINT), \
               CAST(SUM(CASE WHEN fulfilled = 1 THEN total ELSE 0 END) AS BIGINT), \
               MAX(CASE WHEN fulfilled = 1 THEN longest END), MIN(CASE WHEN fulfilled = 1 THEN shortest END), \
               CAST(SUM(CASE WHEN fulfilled = 0 THEN items ELSE 0 END) AS BIGINT), \
               CAST(SUM(CASE WHEN fulfilled = 0 THEN total ELSE 0 END) AS BIGINT), \
               MAX(CASE WHEN fulfilled = 0 THEN longest END), MIN(CASE WHEN fulfilled = 0 THEN shortest END) \
             FROM sla_quarters WHERE medium = '",
            concat!($medium, "' GROUP BY medium, department_id, agent_id, level_id, ", $slot, ";\n"),
        )
    };
}

/// `sla_cells` are of hours, too: `span` is how many quarters of an hour one is long, `slot` which one since 1970. Goals that were kept and late
/// ones stand in one row; `longest` and `shortest` of none are NULL. Rows lie in the order of their key, so that those of a report lie together.
pub(super) const HOURS: &str = concat!(
    r"
ALTER TABLE sla_cells RENAME TO sla_quarters;
CREATE TABLE sla_cells (
  medium {TEXT} NOT NULL,
  department_id BIGINT NOT NULL,
  agent_id BIGINT NOT NULL,
  level_id BIGINT NOT NULL,
  span BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  kept_items BIGINT NOT NULL DEFAULT 0,
  kept_total BIGINT NOT NULL DEFAULT 0,
  kept_longest BIGINT,
  kept_shortest BIGINT,
  late_items BIGINT NOT NULL DEFAULT 0,
  late_total BIGINT NOT NULL DEFAULT 0,
  late_longest BIGINT,
  late_shortest BIGINT,
  PRIMARY KEY (medium, department_id, agent_id, level_id, span, slot)
){BY_KEY};
",
    of_medium!("tickets"),
    of_medium!("chats"),
    of_medium!("calls"),
    "DROP TABLE sla_quarters;",
);
