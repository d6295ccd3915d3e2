"""The data of an event that a run reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from arkor_dash.protocol.fields import iso_ms


def event_data(event: str, job_id: str, fields: Mapping[str, object]) -> dict[str, object]:
    """The fields with the event's type, the job's id and the time, which is now."""
    return {"type": event, "jobId": job_id, "timestamp": iso_ms(datetime.now(UTC)), **fields}
