"""A run's environment as its card shows it."""

from __future__ import annotations

from arkor_dash.protocol.environment import Environment, Gpu, Library
from arkor_dash.ui.job.environment_card import environment_values


def test_each_known_value_is_shown_in_order() -> None:
    environment = Environment(
        python="3.12.1",
        platform="Linux-6.1",
        libraries=(Library("torch", "2.13.0"), Library("trl", "1.0")),
        commit="c0ffee",
        has_changes=True,
        command="python train.py --lr 2e-6",
        cpu="A CPU",
        cpus=1024,
        memory_bytes=2**34,
        gpus=(Gpu("A", 80 * 2**30), Gpu("B", 2**29), Gpu("A", 80 * 2**30), Gpu("C")),
    )
    assert environment_values(environment) == [
        ("Command", "python train.py --lr 2e-6"),
        ("Git commit", "c0ffee, with changes"),
        ("Python", "3.12.1"),
        ("Platform", "Linux-6.1"),
        ("CPU", "1,024 × A CPU"),
        ("Memory", "16 GiB"),
        ("GPU", "2 × A, 80 GiB; B, 0.5 GiB; C"),
        ("torch", "2.13.0"),
        ("trl", "1.0"),
    ]


def test_what_is_not_known_is_not_shown() -> None:
    assert environment_values(Environment()) == []
    assert environment_values(Environment(has_changes=True)) == []
    assert environment_values(Environment(commit="c0ffee")) == [("Git commit", "c0ffee")]
    assert environment_values(Environment(cpus=2)) == [("CPU", "2 × CPU")]
