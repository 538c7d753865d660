-- What a platform said of a score, for teachers; and how often it refused this one while it took others.
ALTER TABLE lti_scores ADD COLUMN tried_ms BIGINT;
-- The beginning of its answer, as text.
ALTER TABLE lti_scores ADD COLUMN answer TEXT NOT NULL DEFAULT '';
ALTER TABLE lti_scores ADD COLUMN refusals BIGINT NOT NULL DEFAULT 0;

-- The last launch that came through, and by how many seconds its clock was ahead of ours.
ALTER TABLE lti_registrations ADD COLUMN launched_ms BIGINT;
ALTER TABLE lti_registrations ADD COLUMN skew_s BIGINT;

-- Launches that were refused, for the self-test of a registration: what the platform called itself and
-- us, and why. The same trouble is one row; nothing of a person is in it.
CREATE TABLE lti_refusals (
    -- Hash of issuer, client id, deployment and cause.
    id         TEXT   NOT NULL PRIMARY KEY,
    issuer     TEXT   NOT NULL,
    client_id  TEXT   NOT NULL,
    deployment TEXT   NOT NULL,
    -- A word that the page has a sentence for.
    cause      TEXT   NOT NULL,
    times      BIGINT NOT NULL,
    at_ms      BIGINT NOT NULL
);
CREATE INDEX lti_refusals_time ON lti_refusals (at_ms);

-- When the members of a platform's course were last asked for, and what came of it.
CREATE TABLE lti_rosters (
    course   TEXT   NOT NULL PRIMARY KEY REFERENCES courses (id) ON DELETE CASCADE,
    tried_ms BIGINT NOT NULL,
    -- When all pages came.
    read_ms  BIGINT,
    learners BIGINT NOT NULL,
    -- A word that the page has a sentence for.
    said     TEXT   NOT NULL
);

-- Learners who are in a course only because the platform lists them: when it does so no more, they go.
CREATE TABLE lti_members (
    course  TEXT NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (course, account)
);
