-- Where a platform keeps what we give it while somebody signs in; NULL: it offers no such place.
ALTER TABLE lti_states ADD COLUMN storage TEXT;
