-- A platform's grade book has one column for a link, or one for every task of it. A task's column is a link of
-- its own below the launched one, so that it has its own line item, outbox and order.

-- one | tasks | refused (one for every task is wanted, and the platform lets us make none)
ALTER TABLE lti_links ADD COLUMN columns TEXT NOT NULL DEFAULT 'one';
ALTER TABLE lti_links ADD COLUMN parent TEXT REFERENCES lti_links (id) ON DELETE CASCADE;
-- The task of a column below; its resource_link ends with it, since those are unique.
ALTER TABLE lti_links ADD COLUMN task TEXT;
CREATE INDEX lti_links_parent ON lti_links (parent);
