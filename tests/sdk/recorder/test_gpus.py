"""The GPUs that a run may use, by a stand-in for NVML: the tests run on machines without a GPU."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from arkor_dash.protocol.environment import Gpu
from arkor_dash.sdk.recorder.gpus import GIB, Gpus


class Nvml(ModuleType):
    """Two GPUs with the functions of `pynvml` that are used. `broken`: the names of functions that raise."""

    NVML_TEMPERATURE_GPU = 0

    def __init__(self, broken: tuple[str, ...] = ()) -> None:
        super().__init__("pynvml")
        self.broken = broken
        self.open = 0

    def __getattribute__(self, name: str) -> object:
        if name in super().__getattribute__("broken"):
            raise RuntimeError("NVML: not supported")
        return super().__getattribute__(name)

    def nvmlInit(self) -> None:  # noqa: N802
        self.open += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.open -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:  # noqa: N802
        return number

    def nvmlDeviceGetHandleByUUID(self, name: str) -> int:  # noqa: N802
        return {"MIG-1": 1}[name]

    def nvmlDeviceGetUUID(self, handle: int) -> bytes | str:  # noqa: N802
        return (b"GPU-aaaa-0", "GPU-bbbb-1")[handle]

    def nvmlDeviceGetName(self, handle: int) -> bytes | str:  # noqa: N802
        return (b"NVIDIA A", "NVIDIA B")[handle]

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(total=(handle + 1) * 40 * GIB, used=(handle + 1) * GIB)

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(gpu=90 + handle)

    def nvmlDeviceGetTemperature(self, handle: int, _sensor: int) -> int:  # noqa: N802
        return 60 + handle

    def nvmlDeviceGetPowerUsage(self, handle: int) -> int:  # noqa: N802
        return 300_500 + handle


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Nvml:
    module = Nvml()
    monkeypatch.setitem(sys.modules, "pynvml", module)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return module


def test_the_gpus_are_described_and_measured(nvml: Nvml) -> None:
    gpus = Gpus()
    assert gpus.described() == (Gpu("NVIDIA A", 40 * GIB), Gpu("NVIDIA B", 80 * GIB))
    assert gpus.measured() == {
        "system/gpu_0_percent": 90,
        "system/gpu_0_memory_gib": 1,
        "system/gpu_0_temperature_c": 60,
        "system/gpu_0_power_w": 300.5,
        "system/gpu_1_percent": 91,
        "system/gpu_1_memory_gib": 2,
        "system/gpu_1_temperature_c": 61,
        "system/gpu_1_power_w": 300.501,
    }
    gpus.close()
    assert nvml.open == 0
    assert gpus.measured() == {}


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("", []),
        ("-1", []),
        ("1", ["NVIDIA B"]),
        ("1,0", ["NVIDIA B", "NVIDIA A"]),
        ("1, 7, 0", ["NVIDIA B"]),
        ("GPU-aaaa", ["NVIDIA A"]),
        ("GPU-bbbb-1,GPU-aaaa-0", ["NVIDIA B", "NVIDIA A"]),
        ("MIG-1", ["NVIDIA B"]),
        ("nonsense", []),
    ],
)
def test_only_the_gpus_that_cuda_shows_the_process_are_measured_in_its_order(
    nvml: Nvml, monkeypatch: pytest.MonkeyPatch, chosen: str, names: list[str]
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    gpus = Gpus()
    assert [gpu.name for gpu in gpus.described()] == names
    assert len(gpus.measured()) == 4 * len(names)


def test_what_a_gpu_does_not_report_is_left_out(nvml: Nvml, capfd: pytest.CaptureFixture[str]) -> None:
    nvml.broken = ("nvmlDeviceGetUtilizationRates", "nvmlDeviceGetPowerUsage", "nvmlDeviceGetName")
    gpus = Gpus()
    assert gpus.described() == (Gpu("GPU", 40 * GIB), Gpu("GPU", 80 * GIB))
    assert sorted(gpus.measured()) == [
        f"system/gpu_{number}_{name}" for number in (0, 1) for name in ("memory_gib", "temperature_c")
    ]
    nvml.broken = tuple(name for name in dir(Nvml) if name.startswith("nvml"))
    assert gpus.measured() == {}
    assert gpus.described() == (Gpu("GPU"), Gpu("GPU"))
    gpus.close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("broken", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex"])
def test_a_failing_driver_counts_as_no_gpu(
    nvml: Nvml, capfd: pytest.CaptureFixture[str], broken: str
) -> None:
    nvml.broken = (broken,)
    gpus = Gpus()
    assert (gpus.described(), gpus.measured()) == ((), {})
    gpus.close()
    assert nvml.open == 0
    assert capfd.readouterr() == ("", "")


def test_without_the_package_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    gpus = Gpus()
    assert (gpus.described(), gpus.measured()) == ((), {})
    gpus.close()
