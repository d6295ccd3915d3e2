"""The GPUs that this process may use, by NVML (package `nvidia-ml-py`, if it is installed)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any

from arkor_dash.protocol.environment import Gpu
from arkor_dash.protocol.metric_names import SYSTEM

GIB = 2**30


class Gpus:
    """The GPUs that this process may use, in the order of CUDA. Not thread-safe. Never raises.

    Without a GPU, a driver or the package there are none. What a GPU does not report is left out.
    """

    def __init__(self) -> None:
        self._nvml: Any = None
        self._handles: Sequence[Any] = ()
        try:
            import pynvml  # noqa: PLC0415  # optional

            pynvml.nvmlInit()
            self._nvml = pynvml
            self._handles = _visible(pynvml, os.environ.get("CUDA_VISIBLE_DEVICES"))
        except Exception:  # noqa: BLE001  # absent hardware is no fault of the run
            self._handles = ()

    def described(self) -> tuple[Gpu, ...]:
        """Their names and memories."""
        return tuple(Gpu(self._name(handle), self._memory_bytes(handle)) for handle in self._handles)

    def measured(self) -> dict[str, float]:
        """Their use, memory, temperature and power now, as metrics."""
        found: dict[str, float] = {}
        for number, handle in enumerate(self._handles):
            for name, read in self._readings(handle).items():
                with contextlib.suppress(Exception):
                    found[f"{SYSTEM}/gpu_{number}_{name}"] = round(float(read()), 3)
        return found

    def close(self) -> None:
        """Release NVML."""
        self._handles = ()
        with contextlib.suppress(Exception):
            if self._nvml is not None:
                self._nvml.nvmlShutdown()

    def _readings(self, handle: object) -> dict[str, Callable[[], float]]:
        nvml = self._nvml
        return {
            "percent": lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu,
            "memory_gib": lambda: nvml.nvmlDeviceGetMemoryInfo(handle).used / GIB,
            "temperature_c": lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
            "power_w": lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000,
        }

    def _name(self, handle: object) -> str:
        try:
            name = self._nvml.nvmlDeviceGetName(handle)
            return name.decode() if isinstance(name, bytes) else str(name)
        except Exception:  # noqa: BLE001
            return "GPU"

    def _memory_bytes(self, handle: object) -> int | None:
        with contextlib.suppress(Exception):
            return int(self._nvml.nvmlDeviceGetMemoryInfo(handle).total)
        return None


def _visible(nvml: Any, chosen: str | None) -> list[Any]:
    """The GPUs that `CUDA_VISIBLE_DEVICES` leaves: numbers or ids with commas between them, up to an invalid one.

    Source: CUDA C++ Programming Guide, "CUDA Environment Variables". GPUs of different kinds may be numbered in
    another order than NVML's.
    """
    handles = [nvml.nvmlDeviceGetHandleByIndex(number) for number in range(nvml.nvmlDeviceGetCount())]
    if chosen is None:
        return handles
    left = []
    for name in map(str.strip, chosen.split(",")):
        if name.isdecimal() and int(name) < len(handles):
            left.append(handles[int(name)])
        elif name.startswith("MIG-"):
            left.append(nvml.nvmlDeviceGetHandleByUUID(name))
        elif name.startswith("GPU-"):
            left += [handle for handle in handles if _id(nvml, handle).startswith(name)]
        else:
            break
    return left


def _id(nvml: Any, handle: object) -> str:
    found = nvml.nvmlDeviceGetUUID(handle)
    return found.decode() if isinstance(found, bytes) else str(found)
