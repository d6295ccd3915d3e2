"""The formats that trainer, Studio and dashboard share: events, jobs, files."""
