"""A network is run in evaluation mode, in memory that is kept from batch to batch."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_attngen.networks import _evaluation, evaluation_mode, keep_freed_memory

# memory that is freed and asked for again, before and after something
FAULTS = """
import resource
import torch
from sklearn_attngen.networks import evaluation_mode, keep_freed_memory

def evaluate():
    with evaluation_mode(torch.nn.Linear(1, 1)):
        pass

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        activations = [torch.ones(800_000) for _ in range(18)]
        del activations
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

torch.set_num_threads(1)
faults()
often = faults()
{something}()
faults()
print(often, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries differ")
@pytest.mark.parametrize("something", ["keep_freed_memory", "evaluate"])
def test_memory_of_a_batch_is_kept_for_the_next(something: str) -> None:
    """Getting it from the system again, page by page, would slow down each batch."""
    environment = {key: value for key, value in os.environ.items() if "MALLOC" not in key}
    for _ in range(4):
        done = subprocess.run(
            [sys.executable, "-c", FAULTS.replace("{something}", something)],
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
            env=environment | {"OMP_NUM_THREADS": "1"},
        )
        often, rarely = map(int, done.stdout.split())
        assert rarely < 1_000
        if often > 10_000:
            return
    # something in use happens to lie above what is free, in one process of some
    pytest.skip("the processes kept their memory without being told to")


def test_memory_that_is_not_there_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeping it is a help, and no reason to fail."""

    def empty(*args: object, **kwargs: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "empty", empty)
    keep_freed_memory.cache_clear()
    keep_freed_memory()


def network() -> nn.Module:
    """Return one that is in training, but for a part that is not."""
    module = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5), nn.BatchNorm1d(3))
    module.train()
    module[2].eval()
    return module


def test_modes_are_put_back_by_the_last_to_leave() -> None:
    """Two that overlap, and leave in either order; on error too."""
    module = network()
    first, second = evaluation_mode(module), evaluation_mode(module)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not any(layer.training for layer in module.modules()), "the second is not done"
    with pytest.raises(ZeroDivisionError), evaluation_mode(module):
        raise ZeroDivisionError
    assert not module.training
    second.__exit__(None, None, None)
    assert [layer.training for layer in module] == [True, True, False]


def test_modes_of_a_part_are_put_back_too() -> None:
    """A network and one of its layers that overlap, in either order."""
    module = network()
    for pair in ((module, module[0]), (module[0], module)):
        first, last = map(evaluation_mode, pair)
        first.__enter__()
        last.__enter__()
        first.__exit__(None, None, None)
        assert not module[0].training, "the other is not done"
        last.__exit__(None, None, None)
        assert [layer.training for layer in module] == [True, True, False]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # among threads, from Python 3.12
def test_a_process_may_fork_while_a_thread_evaluates() -> None:
    """The child does not wait for a lock that a thread holds which it does not have."""
    held = threading.Event()

    def hold() -> None:
        with _evaluation._lock:
            held.set()
            time.sleep(0.2)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(timeout=30)
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # ends a child that waits
        try:
            with evaluation_mode(network()):
                os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    thread.join()


def test_threads_may_evaluate_one_module_in_training_mode() -> None:
    """Without dropout, and without a change of its running statistics."""
    module, x = network(), torch.arange(12.0).reshape(4, 3)
    with evaluation_mode(module):
        expected = module(x)
    gate = threading.Barrier(4)

    def evaluate(_: int) -> bool:
        gate.wait(timeout=30)
        with evaluation_mode(module), torch.no_grad():
            return all(torch.equal(module(x), expected) for _ in range(20))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(evaluate, range(200)))
    assert module[0].num_batches_tracked == 0
    assert [layer.training for layer in module] == [True, True, False]
