-- A teacher's board reads what is new of one lab.
CREATE INDEX attempts_lab ON attempts (course, lab, at_ms);
