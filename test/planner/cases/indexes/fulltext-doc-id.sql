-- The column by which FULLTEXT finds rows, written out.
-- forth: copy safe
-- back: copy unsafe drops-column drops-visible-index
-- from
CREATE TABLE indexes_fulltext_doc_id (id INT PRIMARY KEY, a TEXT);
-- to
CREATE TABLE indexes_fulltext_doc_id (id INT PRIMARY KEY, a TEXT, FTS_DOC_ID BIGINT UNSIGNED NOT NULL, UNIQUE KEY FTS_DOC_ID_INDEX (FTS_DOC_ID));
