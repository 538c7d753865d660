-- Portable between SQLite and PostgreSQL: text ids, milliseconds in BIGINT, no blobs, no
-- generated keys. Times are milliseconds since 1970-01-01 UTC.

CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE accounts (
    id           TEXT   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL UNIQUE,
    display_name TEXT   NOT NULL,
    -- PHC string; NULL: nobody can sign in with a password.
    password     TEXT,
    -- member | operator. Who teaches is said per course.
    role         TEXT   NOT NULL,
    language     TEXT   NOT NULL,
    created_ms   BIGINT NOT NULL
);

-- Only the hash of a token is kept: who reads the database cannot sign in.
CREATE TABLE tokens (
    hash       TEXT   NOT NULL PRIMARY KEY,
    account    TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX tokens_account ON tokens (account);

CREATE TABLE courses (
    id         TEXT   NOT NULL PRIMARY KEY,
    -- JSON object: language -> title.
    title      TEXT   NOT NULL,
    created_ms BIGINT NOT NULL
);

CREATE TABLE enrolments (
    course     TEXT   NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    account    TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- learner | teacher
    role       TEXT   NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (course, account)
);
CREATE INDEX enrolments_account ON enrolments (account);

CREATE TABLE invitations (
    hash       TEXT   NOT NULL PRIMARY KEY,
    course     TEXT   NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    role       TEXT   NOT NULL,
    created_by TEXT   REFERENCES accounts (id) ON DELETE SET NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    uses_left  BIGINT NOT NULL
);

CREATE TABLE sessions (
    id              TEXT   NOT NULL PRIMARY KEY,
    course          TEXT   NOT NULL REFERENCES courses (id),
    lab             TEXT   NOT NULL,
    account         TEXT   NOT NULL REFERENCES accounts (id),
    -- The server key that its parameters were drawn with.
    key_id          TEXT   NOT NULL,
    -- queued | starting | ready | ending | asleep | ended | failed
    state           TEXT   NOT NULL,
    -- 1 until it has ended for good: a launch gives this session again.
    open            BIGINT NOT NULL,
    created_ms      BIGINT NOT NULL,
    active_ms       BIGINT NOT NULL,
    ready_ms        BIGINT,
    ends_ms         BIGINT,
    ended_ms        BIGINT,
    saved_ms        BIGINT,
    extensions      BIGINT NOT NULL,
    boots           BIGINT NOT NULL,
    -- Session whose autosave folder this one uses: an earlier one of the same learner, or itself.
    files           TEXT   NOT NULL,
    -- 1 until the saved files are back in the machine.
    restore         BIGINT NOT NULL,
    failure_code    TEXT,
    failure_message TEXT
);
CREATE UNIQUE INDEX sessions_one_open ON sessions (account, course, lab) WHERE open = 1;
CREATE INDEX sessions_course ON sessions (course, lab);

-- Every attempt is kept. The id comes from whoever asks, so that asking twice counts once.
CREATE TABLE attempts (
    id       TEXT             NOT NULL PRIMARY KEY,
    session  TEXT             NOT NULL REFERENCES sessions (id),
    account  TEXT             NOT NULL REFERENCES accounts (id),
    course   TEXT             NOT NULL REFERENCES courses (id),
    lab      TEXT             NOT NULL,
    task     TEXT             NOT NULL,
    at_ms    BIGINT           NOT NULL,
    -- done | part | not_yet | broken
    verdict  TEXT             NOT NULL,
    -- in_node | guarded | answer
    evidence TEXT             NOT NULL,
    -- Share of the task's points, 0 to 1.
    share    DOUBLE PRECISION NOT NULL,
    -- What the task was worth then.
    points   DOUBLE PRECISION NOT NULL,
    -- JSON array of lines.
    feedback TEXT             NOT NULL,
    answer   TEXT,
    took_ms  BIGINT           NOT NULL,
    -- What broke, for the author.
    broken   TEXT
);
CREATE INDEX attempts_learner ON attempts (account, course, lab, task);
CREATE INDEX attempts_session ON attempts (session, at_ms);

CREATE TABLE hints (
    account  TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    course   TEXT   NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    lab      TEXT   NOT NULL,
    task     TEXT   NOT NULL,
    revealed BIGINT NOT NULL,
    PRIMARY KEY (account, course, lab, task)
);

-- How long the stages of past starts took; what a learner is told to expect.
CREATE TABLE stage_times (
    session TEXT   NOT NULL,
    boot    BIGINT NOT NULL,
    lab     TEXT   NOT NULL,
    stage   TEXT   NOT NULL,
    took_ms BIGINT NOT NULL,
    at_ms   BIGINT NOT NULL,
    PRIMARY KEY (session, boot, stage)
);
CREATE INDEX stage_times_lab ON stage_times (lab, stage, at_ms);

CREATE TABLE audit (
    id     TEXT   NOT NULL PRIMARY KEY,
    at_ms  BIGINT NOT NULL,
    -- Account id, or the name of the part of the server that acted.
    actor  TEXT   NOT NULL,
    action TEXT   NOT NULL,
    object TEXT   NOT NULL,
    detail TEXT   NOT NULL
);
CREATE INDEX audit_time ON audit (at_ms);
