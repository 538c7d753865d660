-- LTI 1.3: platforms, the keys that sign for us, sign-ins under way, links, and the outbox of scores.

CREATE TABLE lti_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    -- PKCS#1, base64.
    secret     TEXT   NOT NULL,
    created_ms BIGINT NOT NULL,
    -- Since when it signs no more; it stays readable for a while.
    retired_ms BIGINT
);

-- One client id at one issuer. Open edX has a client id a block, hosted Canvas one issuer for all.
CREATE TABLE lti_registrations (
    id             TEXT   NOT NULL PRIMARY KEY,
    name           TEXT   NOT NULL,
    issuer         TEXT   NOT NULL,
    client_id      TEXT   NOT NULL,
    auth_url       TEXT   NOT NULL,
    token_url      TEXT   NOT NULL,
    keyset_url     TEXT   NOT NULL,
    token_audience TEXT,
    -- JSON array: more origins of the platform.
    origins        TEXT   NOT NULL,
    -- JSON array: ids of our courses whose labs may be linked; empty: all.
    courses        TEXT   NOT NULL,
    created_ms     BIGINT NOT NULL,
    UNIQUE (issuer, client_id)
);

CREATE TABLE lti_deployments (
    registration TEXT NOT NULL REFERENCES lti_registrations (id) ON DELETE CASCADE,
    deployment   TEXT NOT NULL,
    PRIMARY KEY (registration, deployment)
);

-- A sign-in under way. Taken once: with it goes its nonce.
CREATE TABLE lti_states (
    -- Of the state that travels.
    hash         TEXT   NOT NULL PRIMARY KEY,
    registration TEXT   NOT NULL REFERENCES lti_registrations (id) ON DELETE CASCADE,
    nonce        TEXT   NOT NULL,
    expires_ms   BIGINT NOT NULL
);

-- Secrets that are used once: hash, what for, and a JSON document of what follows.
CREATE TABLE lti_codes (
    hash       TEXT   NOT NULL PRIMARY KEY,
    purpose    TEXT   NOT NULL,
    payload    TEXT   NOT NULL,
    expires_ms BIGINT NOT NULL
);

CREATE TABLE lti_users (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX lti_users_account ON lti_users (account);

-- A platform's course gets a course of its own for every course of ours that its labs come from:
-- teachers see their own learners only.
CREATE TABLE lti_contexts (
    issuer   TEXT NOT NULL,
    context  TEXT NOT NULL,
    -- The configured course that the labs come from.
    template TEXT NOT NULL,
    course   TEXT NOT NULL UNIQUE REFERENCES courses (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, context, template)
);

CREATE TABLE lti_links (
    id            TEXT   NOT NULL PRIMARY KEY,
    registration  TEXT   NOT NULL REFERENCES lti_registrations (id) ON DELETE CASCADE,
    deployment    TEXT   NOT NULL,
    resource_link TEXT   NOT NULL,
    title         TEXT   NOT NULL,
    course        TEXT   NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    lab           TEXT   NOT NULL,
    -- One step of it, from 1; NULL: the whole lab.
    step          BIGINT,
    -- Where its scores go; ours once we know it, since launches do not always say it again.
    line_item     TEXT,
    line_items    TEXT,
    -- JSON array of scopes.
    scopes        TEXT   NOT NULL,
    members_url   TEXT,
    UNIQUE (registration, deployment, resource_link)
);
CREATE INDEX lti_links_lab ON lti_links (course, lab);

-- Whose scores go through a link: only those who came by a verified launch of it.
CREATE TABLE lti_learners (
    link    TEXT NOT NULL REFERENCES lti_links (id) ON DELETE CASCADE,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    PRIMARY KEY (link, account)
);

-- The outbox. Of a learner's scores for a link the newest alone waits; what was sent stays.
CREATE TABLE lti_scores (
    id           TEXT             NOT NULL PRIMARY KEY,
    link         TEXT             NOT NULL REFERENCES lti_links (id) ON DELETE CASCADE,
    account      TEXT             NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Rises by one per learner and link.
    seq          BIGINT           NOT NULL,
    given        DOUBLE PRECISION NOT NULL,
    maximum      DOUBLE PRECISION NOT NULL,
    -- 1: all is done.
    completed    BIGINT           NOT NULL,
    created_ms   BIGINT           NOT NULL,
    -- What the platform is told; strictly rises per learner and link, whatever the clock does.
    timestamp_ms BIGINT           NOT NULL,
    -- waiting | sent | superseded | failed
    state        TEXT             NOT NULL,
    tries        BIGINT           NOT NULL,
    next_ms      BIGINT           NOT NULL,
    sent_ms      BIGINT,
    -- What the platform last said: HTTP status, and a word for the teacher.
    status       BIGINT,
    said         TEXT             NOT NULL,
    UNIQUE (link, account, seq)
);
CREATE INDEX lti_scores_due ON lti_scores (state, next_ms);
