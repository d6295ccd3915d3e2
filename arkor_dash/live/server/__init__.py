"""The guards of the dashboard's server: whom it serves, how many, and what it logs."""
