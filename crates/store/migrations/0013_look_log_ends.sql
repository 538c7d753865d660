-- The log of looks is only added to, but for the end of a course's retention period: then it goes with the
-- work that it is about, and with it the teachers' names in it. A course stands here within that transaction alone.
CREATE TABLE look_log_ends (
    course TEXT NOT NULL PRIMARY KEY
);

DROP TRIGGER look_log_never_shrinks;
CREATE TRIGGER look_log_never_shrinks BEFORE DELETE ON look_log
WHEN EXISTS (SELECT 1 FROM accounts WHERE id = OLD.learner)
AND NOT EXISTS (SELECT 1 FROM look_log_ends WHERE course = OLD.course)
BEGIN SELECT RAISE(ABORT, 'the log of looks is only added to'); END;
