"""The address of a job, whatever its id."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.errors import JobNotFoundError
from arkor_dash.protocol.fields import replace_surrogates
from arkor_dash.sources.http.json_api import JOB_ID_LIMIT, job_segment
from tests.servers.hostile import NAMES

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(NAMES)


def is_no_job_id(job_id: str) -> bool:
    return job_id in {"", ".", ".."} or len(job_id) > JOB_ID_LIMIT or replace_surrogates(job_id) != job_id


@given(ANY_TEXT)
def test_an_id_is_one_segment_of_the_path_that_is_sent_or_can_be_no_jobs_id(job_id: str):
    if is_no_job_id(job_id):
        with pytest.raises(JobNotFoundError) as raised:
            job_segment(job_id)
        assert str(raised.value).encode()
        return
    segment = job_segment(job_id)
    sent = requests.Request("GET", f"http://127.0.0.1/api/jobs/{segment}/events").prepare().path_url
    *before, last_but_one, last = sent.split("/")
    assert (before, last) == (["", "api", "jobs"], "events")
    assert unquote(last_but_one) == job_id


@pytest.mark.parametrize("job_id", ["", ".", "..", "x" * (JOB_ID_LIMIT + 1), "a\ud800"])
def test_an_id_that_no_address_can_hold_belongs_to_no_job(job_id: str):
    with pytest.raises(JobNotFoundError, match="There is no job"):
        job_segment(job_id)
