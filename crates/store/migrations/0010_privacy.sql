-- Learners who asked that all that is held on them be erased.
CREATE TABLE erasures (
    account  TEXT   NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    asked_ms BIGINT NOT NULL,
    -- When it happens; until then it can be taken back.
    due_ms   BIGINT NOT NULL
);
CREATE INDEX erasures_due ON erasures (due_ms);
