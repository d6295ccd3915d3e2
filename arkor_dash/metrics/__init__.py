"""The series that a run reports, and what is computed from them."""
