"""Log to TensorBoard. Each live call is flushed: its writer would otherwise keep it for up to two minutes."""

from series import arguments, log_live, loss, shown_at
from tensorboard.summary import Writer

mode, count = arguments()
writer = Writer(".")
shown_at("/#timeseries")
if mode == "store":
    for step in range(1, count + 1):
        writer.add_scalar("loss", loss(step), step)
else:

    def log(step: int, value: float) -> None:
        writer.add_scalar("loss", value, step)
        writer.flush()

    log_live(log, count)
writer.close()
