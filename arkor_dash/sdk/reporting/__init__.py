"""From a call to a durable event."""
