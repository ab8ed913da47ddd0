"""What the record says of the machine."""

import getpass
import platform
from pathlib import Path

import psutil
import torch

from training.environment import environment_event, processor_name


def test_the_machine_is_described_without_naming_it() -> None:
    event = environment_event(torch.device("cpu"))
    assert event.versions["python"] == platform.python_version()
    assert event.versions["torch"] == torch.__version__
    assert {"transformers", "numpy", "scikit-learn"} <= set(event.versions)
    assert event.threads == torch.get_num_threads()
    assert event.memory_bytes == psutil.virtual_memory().total
    assert (event.device, event.gpu, event.gpu_memory_bytes) == ("cpu", None, None)
    told = event.model_dump_json()
    assert platform.node() not in told
    assert f"/{getpass.getuser()}/" not in told


def test_the_processor_is_called_what_linux_calls_it(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: A Fine Chip: 2 GHz\nflags\t: fpu\n")
    assert processor_name(cpuinfo) == "A Fine Chip: 2 GHz"


def test_a_processor_without_a_name_is_no_error(tmp_path: Path) -> None:
    assert processor_name(tmp_path / "absent") in {platform.processor(), None}
