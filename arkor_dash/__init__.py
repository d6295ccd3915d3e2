"""Start a fine-tuning run and watch it live."""

__version__ = "0.1.0"
