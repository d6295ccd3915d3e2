"""The series that a run reports, and the values computed from them."""
