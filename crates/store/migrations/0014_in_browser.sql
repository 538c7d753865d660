-- Labs that run in the learner's own browser. Their attempts come later, and some of them nobody can judge again.

-- NULL: a machine that this server drives. 'browser': the learner's own browser; such a session is never open.
ALTER TABLE sessions ADD COLUMN place TEXT;
CREATE UNIQUE INDEX sessions_one_browser ON sessions (account, course, lab) WHERE place = 'browser';

-- When it was done by the learner's clock; `at_ms` is when it came. NULL: it was judged here at once.
ALTER TABLE attempts ADD COLUMN done_ms BIGINT;

-- 1: what only the learner's own browser says counts for nothing.
ALTER TABLE lab_rules ADD COLUMN judged_only BIGINT NOT NULL DEFAULT 0;

-- 1: some of its points rest on what the learner's own browser says, and the platform is told so.
ALTER TABLE lti_scores ADD COLUMN self_reported BIGINT NOT NULL DEFAULT 0;

-- A browser's work on a lab is one person's: whoever handed it in first.
CREATE TABLE works (
    id       TEXT   NOT NULL PRIMARY KEY,
    account  TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    course   TEXT   NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    lab      TEXT   NOT NULL,
    first_ms BIGINT NOT NULL
);
CREATE INDEX works_account ON works (account);

-- What the checks of every folder that was offered were given: what is handed in later is judged by it.
CREATE TABLE offered (
    lab      TEXT   NOT NULL,
    -- SHA-256 of its lab/lab.json.
    made_of  TEXT   NOT NULL,
    -- JSON object.
    env      TEXT   NOT NULL,
    first_ms BIGINT NOT NULL,
    PRIMARY KEY (lab, made_of)
);
