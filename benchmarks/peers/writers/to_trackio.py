"""Log to trackio, whose folder is in the environment variable TRACKIO_DIR."""

import trackio
from series import arguments, batches, log_live, loss, shown_at
from trackio.sqlite_storage import SQLiteStorage

mode, count = arguments()
shown_at("/?project=peers")
SQLiteStorage.bulk_log("other", "run", [{"loss": loss(1)}], steps=[1])
if mode == "store":
    for steps in batches(count, 10_000):
        SQLiteStorage.bulk_log("peers", "run", [{"loss": loss(step)} for step in steps], steps=list(steps))
else:
    trackio.init(project="peers", name="run")
    log_live(lambda step, value: trackio.log({"loss": value}, step=step), count)
    trackio.finish()
