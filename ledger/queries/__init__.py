"""Questions that pages, reports and the API ask of the read tables. Each is answered from an index, within a time limit."""
