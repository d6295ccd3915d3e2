"""The loss chart: the training loss and dashed eval losses, with their best points and the problems they show."""

from __future__ import annotations

from collections import Counter

from arkor_dash.metrics.findings import best_eval, findings, restart_found
from arkor_dash.metrics.history import Metrics
from arkor_dash.metrics.losses import Loss, Losses, losses_among
from arkor_dash.protocol.fields import shortened

from .curve import PLAIN, Curve, CurveOptions, View, curve
from .curve_text import missing_steps
from .lines import Content, Line

TRAIN_NAME, EVAL_NAME = "Training loss", "Eval loss"
NAME_LIMIT = 40
"""Characters of an evaluation set's name."""


def loss_curve(metrics: Metrics, view: View, options: CurveOptions = PLAIN) -> Curve:
    """The loss chart in one view."""
    content = loss_content(metrics)
    return curve(content.lines, view, options, content.checkpoints, content.findings)


def loss_content(metrics: Metrics) -> Content:
    """What the loss chart draws."""
    losses = losses_among(metrics)
    found = (*restart_found(metrics.restart), *findings(losses))
    return Content(loss_lines(losses), metrics.checkpoints, found, missing_steps(metrics))


def loss_lines(losses: Losses) -> tuple[Line, ...]:
    """The lines of the loss chart: the training loss, and each eval loss that was reported."""
    names = [eval_name(each) for each in losses.evals]
    shared = {name for name, count in Counter(names).items() if count > 1}
    train = Line(TRAIN_NAME, losses.train.finite, losses.train.nonfinite)
    evals = (
        Line(
            each.name[: 2 * NAME_LIMIT] if name in shared else name,
            each.finite,
            each.nonfinite,
            is_eval=True,
            best=best_eval(each.finite, losses.since),
        )
        for name, each in zip(names, losses.evals, strict=True)
    )
    return (train, *evals)


def eval_name(loss: Loss) -> str:
    """`Eval loss`, with the name of the evaluation set, shortened, if the loss has one."""
    return f"{EVAL_NAME}, {shortened(loss.eval_set, NAME_LIMIT)}" if loss.eval_set else EVAL_NAME
