"""A planted ``/proc``, ``/sys`` or cgroup: files written below a temporary folder."""

from __future__ import annotations

from pathlib import Path


def plant(root: Path, files: dict[str, str]) -> Path:
    """Write `files` (path to text) below `root`; gives `root`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def disturbed_machine(root: Path, **changed: str) -> Path:
    """Three processors, of which 0 and 2 are allowed, with counters of time, waiting, quota and heat."""
    files = {
        "proc/self/status": "Cpus_allowed_list:\t0,2\n",
        "proc/self/cgroup": "0::/job\n",
        "proc/stat": changed.get(
            "stat", "cpu 0 0 0 0 0 0 0 0 0 0\ncpu0 10 0 5 85 0 0 0 0 0 0\ncpu1 9 9 9 9 9 9 9 9 0 0\n"
            "cpu2 20 0 10 70 0 0 0 0 0 0\nintr 1\n"
        ),
        "proc/loadavg": "0.50 0.40 0.30 1/100 4242\n",
        "proc/vmstat": "pswpin 0\npswpout 0\n",
        "proc/pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\nfull avg10=0.00 total=0\n",
        "sys/fs/cgroup/job/cpu.stat": f"nr_periods 9\nnr_throttled {changed.get('throttled', 0)}\n",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": changed.get("khz", "3000000"),
        "sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq": changed.get("khz", "3000000"),
        "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "0\n",
    }  # fmt: skip
    return plant(root, files)
