//! What was in no row but counts in reports: where in the journal the parts of calls lie, which departments calls went through, which level of
//! service a conversation had when, with its business hours of that time; and how levels stood where a shortened journal begins.

/// Numbers are those of the journal; they are NULL in calls that an older program began. A change of the level of a conversation is a row of
/// `conversation_changes` (`level`); without a level its `level_id` is NULL. `sla_calendar_changes` holds the hours of a level from a number on.
///
/// The set of levels in state `floor` holds how everything stood before the journal's first entry. It begins empty where levels begin with that
/// entry too; a journal that was shortened under levels already gets none.
pub(super) const RECOUNT: &str = r"
ALTER TABLE calls ADD COLUMN started_number BIGINT;
ALTER TABLE calls ADD COLUMN ended_number BIGINT;
ALTER TABLE call_legs ADD COLUMN began_number BIGINT;
ALTER TABLE call_legs ADD COLUMN ended_number BIGINT;
ALTER TABLE call_rings ADD COLUMN rang_number BIGINT;
ALTER TABLE call_rings ADD COLUMN closed_number BIGINT;
CREATE TABLE call_transfers (
  call_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  from_id BIGINT NOT NULL,
  to_id BIGINT NOT NULL,
  PRIMARY KEY (call_id, number)
);
ALTER TABLE conversation_changes ADD COLUMN level_id BIGINT;
CREATE TABLE sla_calendar_changes (
  level_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  calendar {TEXT} NOT NULL,
  PRIMARY KEY (level_id, number)
);
INSERT INTO sla_calendar_changes (level_id, number, calendar) SELECT id, 0, calendar FROM sla_levels;
INSERT INTO level_sets (id, state, number, latest_at)
  SELECT (SELECT MAX(id) FROM level_sets) + 1, 'floor',
    COALESCE((SELECT MIN(number) FROM journal), (SELECT number + 1 FROM journal_head), 1) - 1, 0
  WHERE NOT EXISTS (SELECT 1 FROM reader_cursors WHERE name = 'levels') OR (SELECT MIN(number) FROM journal) = 1;
";
