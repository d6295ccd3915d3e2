"""What trainer, Studio and dashboard say to each other: events, jobs, files."""
