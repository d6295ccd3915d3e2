"""One module for each revision of the schema, numbered from 0001."""
