-- Help: hands that are up, what was said, and the log of everybody who looked at a learner's lab.

CREATE TABLE hands (
    id          TEXT   NOT NULL PRIMARY KEY,
    course      TEXT   NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    lab         TEXT   NOT NULL,
    account     TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    session     TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    -- From 1.
    step        BIGINT NOT NULL,
    -- NULL: the step as a whole.
    task        TEXT,
    words       TEXT   NOT NULL,
    -- JSON array of the attempts that went along.
    attempts    TEXT   NOT NULL,
    -- JSON object of a terminal's last lines; NULL: they did not go along.
    tail        TEXT,
    raised_ms   BIGINT NOT NULL,
    -- 1 until it is down.
    up          BIGINT NOT NULL,
    -- 1 while it is a teacher's turn to say something.
    waits       BIGINT NOT NULL,
    taken_by    TEXT   REFERENCES accounts (id) ON DELETE SET NULL,
    -- When it was first answered.
    answered_ms BIGINT,
    down_ms     BIGINT,
    -- lowered | done | closed
    down_why    TEXT
);
CREATE UNIQUE INDEX hands_one_up ON hands (account, course, lab) WHERE up = 1;
CREATE INDEX hands_course ON hands (course, up, raised_ms);
CREATE INDEX hands_account ON hands (account, course, lab, raised_ms);

-- What teachers and learners said. Without a hand: an answer to everybody at a task.
CREATE TABLE hand_words (
    id      TEXT   NOT NULL PRIMARY KEY,
    course  TEXT   NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    lab     TEXT   NOT NULL,
    -- The learner whom it is to, or from.
    account TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    hand    TEXT   REFERENCES hands (id) ON DELETE CASCADE,
    task    TEXT,
    -- The teacher who said it; NULL: the learner.
    teacher TEXT   REFERENCES accounts (id) ON DELETE CASCADE,
    words   TEXT   NOT NULL,
    at_ms   BIGINT NOT NULL
);
CREATE INDEX hand_words_account ON hand_words (account, course, lab, at_ms);

-- Who asked to look, who was let, what was seen, how it ended. The learner reads it.
CREATE TABLE look_log (
    -- Rises by one.
    n       BIGINT NOT NULL PRIMARY KEY,
    at_ms   BIGINT NOT NULL,
    course  TEXT   NOT NULL,
    lab     TEXT   NOT NULL,
    session TEXT   NOT NULL,
    learner TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- What belongs to one look has one id.
    look    TEXT,
    -- The teacher; a name, since the log outlives accounts.
    teacher TEXT   NOT NULL,
    act     TEXT   NOT NULL,
    detail  TEXT   NOT NULL
);
CREATE INDEX look_log_learner ON look_log (learner, course, n);
CREATE INDEX look_log_look ON look_log (look);

-- It is only added to. SQLite's words; what goes, goes with the learner's account.
CREATE TRIGGER look_log_never_changes BEFORE UPDATE ON look_log
BEGIN SELECT RAISE(ABORT, 'the log of looks is only added to'); END;
CREATE TRIGGER look_log_never_shrinks BEFORE DELETE ON look_log
WHEN EXISTS (SELECT 1 FROM accounts WHERE id = OLD.learner)
BEGIN SELECT RAISE(ABORT, 'the log of looks is only added to'); END;
