"""Log to the Studio that the environment names."""

from series import arguments, log_live, shown_at

from arkor_dash.sdk import init

_, count = arguments()
with init(name="peers") as run:
    shown_at(f"/job?id={run.job_id}")
    log_live(lambda step, value: run.log(step, loss=value), count)
