-- Dates, late work and tries of a lab in a course. A teacher's own rule goes before the configured one.
CREATE TABLE lab_rules (
    course    TEXT   NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    -- '*': every lab of the course that has none of its own.
    lab       TEXT   NOT NULL,
    -- config | teacher
    source    TEXT   NOT NULL,
    opens_ms  BIGINT,
    due_ms    BIGINT,
    closes_ms BIGINT,
    -- counts | counts_not
    late      TEXT   NOT NULL,
    -- best | last | first
    which     TEXT   NOT NULL,
    -- Most tries at one task.
    tries     BIGINT,
    PRIMARY KEY (course, lab, source)
);

-- More time for one learner.
CREATE TABLE extensions (
    course   TEXT   NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    lab      TEXT   NOT NULL,
    account  TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    until_ms BIGINT NOT NULL,
    given_by TEXT   REFERENCES accounts (id) ON DELETE SET NULL,
    given_ms BIGINT NOT NULL,
    PRIMARY KEY (course, lab, account)
);

-- Courses without a platform: codes that are typed, rosters, sign-in by OpenID Connect.

-- NULL in rows of earlier versions: they are listed by their hash.
ALTER TABLE invitations ADD COLUMN id TEXT;
-- The first characters of a code that is typed; '' of a link's.
ALTER TABLE invitations ADD COLUMN hint TEXT;
-- How many it was made for.
ALTER TABLE invitations ADD COLUMN uses BIGINT;
-- It is for this account alone: who has its code chooses the password.
ALTER TABLE invitations ADD COLUMN account TEXT REFERENCES accounts (id) ON DELETE CASCADE;

-- From a roster; NULL: not known, and never asked for.
ALTER TABLE accounts ADD COLUMN email TEXT;
-- What a teacher calls a part of the course.
ALTER TABLE enrolments ADD COLUMN class TEXT;

CREATE TABLE rosters (
    id        TEXT   NOT NULL PRIMARY KEY,
    course    TEXT   NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    made_by   TEXT   REFERENCES accounts (id) ON DELETE SET NULL,
    made_ms   BIGINT NOT NULL,
    -- JSON array of account ids: those that it made.
    accounts  TEXT   NOT NULL,
    -- JSON array of account ids: those that it brought into the course.
    enrolled  TEXT   NOT NULL,
    undone_ms BIGINT
);
CREATE INDEX rosters_course ON rosters (course, made_ms);

CREATE TABLE oidc_users (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX oidc_users_account ON oidc_users (account);
