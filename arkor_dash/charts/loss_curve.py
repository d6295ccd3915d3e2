"""The loss chart: the training loss and dashed eval losses, with their best points and the problems they show."""

from __future__ import annotations

from collections.abc import Sequence

from arkor_dash.metrics.findings import best_eval, findings, restarts_found
from arkor_dash.metrics.history import Metrics
from arkor_dash.metrics.losses import Loss, Losses, losses_among

from .curve import PLAIN, Curve, CurveOptions, Landmarks, View, curve
from .lines import Line

TRAIN_NAME, EVAL_NAME = "Training loss", "Eval loss"


def loss_curve(
    metrics: Metrics, view: View, options: CurveOptions = PLAIN, checkpoints: Sequence[float] = ()
) -> Curve:
    """What the loss chart draws. `checkpoints` are steps, increasing."""
    losses = losses_among(metrics)
    best = {eval_name(each): best_eval(each.finite) for each in losses.evals}
    landmarks = Landmarks(
        tuple(checkpoints),
        {name: point for name, point in best.items() if point is not None},
        (*restarts_found(metrics.restarts), *findings(losses)),
    )
    return curve(loss_lines(losses), view, options, landmarks)


def loss_lines(losses: Losses) -> tuple[Line, ...]:
    """The lines of the loss chart: the training loss, and each eval loss that was reported."""
    train = Line(TRAIN_NAME, losses.train.finite, losses.train.nonfinite)
    evals = (Line(eval_name(each), each.finite, each.nonfinite, is_eval=True) for each in losses.evals)
    return (train, *evals)


def eval_name(loss: Loss) -> str:
    """`Eval loss`, with the name of the evaluation set if the loss has one."""
    return f"{EVAL_NAME}, {loss.eval_set}" if loss.eval_set else EVAL_NAME
