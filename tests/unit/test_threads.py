"""What the sync form of the generated code does with threads: limits, turns, side by side."""

from __future__ import annotations

import importlib.util
import socket
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

SOURCE = (
    Path(__file__).parents[2] / "templates/python/threads/{{ module_path }}/core/concurrency.py"
)


@pytest.fixture
def threads() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("generated_concurrency", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    module.close()
    del sys.modules[spec.name]


def test_what_takes_too_long_is_refused_at_its_end(threads: ModuleType) -> None:
    done = []

    def take_long() -> None:
        with threads.time_limit(0.05):
            time.sleep(0.1)
            done.append("all of it")

    with pytest.raises(TimeoutError):
        take_long()
    assert done


def test_a_limit_inside_another_ends_no_later(threads: ModuleType) -> None:
    with threads.time_limit(10):
        with threads.time_limit(60):
            assert threads.seconds_left() <= 10
        with threads.time_limit(1):
            assert threads.seconds_left() <= 1
        assert 9 < threads.seconds_left() <= 10
    assert threads.seconds_left() == float("inf")


def test_an_answer_that_trickles_is_cut_off(threads: ModuleType) -> None:
    """Each byte restarts the clock of a read: only the whole of it has an end."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        trickling = threading.Thread(target=_trickle, args=(server,), daemon=True)
        trickling.start()
        began = time.monotonic()
        with pytest.raises(TimeoutError), threads.time_limit(1):
            threads.http().get(f"http://127.0.0.1:{server.getsockname()[1]}/")
        assert time.monotonic() - began < 8


def _trickle(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100:
                connection.send(bytes([byte]))
                time.sleep(0.1)
        except OSError:
            return


def test_a_client_is_used_again_by_the_next_call(threads: ModuleType) -> None:
    with threads.time_limit(5):
        first = threads.http()
        assert threads.http() is not first
    with threads.time_limit(5):
        again = {threads.http(), threads.http()}
    assert first in again
    assert not any(client.is_closed for client in again)


def test_a_lock_is_taken_in_the_order_in_which_it_was_asked_for(threads: ModuleType) -> None:
    lock, order = threads.Lock(), list[int]()

    def take(number: int) -> None:
        with lock.held():
            order.append(number)

    with lock.held():
        waiting = []
        for number in range(20):
            waiting.append(threading.Thread(target=take, args=(number,)))
            waiting[-1].start()
            while len(lock._line) <= number:
                time.sleep(0.001)
    for thread in waiting:
        thread.join()
    assert order == list(range(20))


def test_who_waited_too_long_for_a_lock_leaves_the_line(threads: ModuleType) -> None:
    lock = threads.Lock()
    with lock.held(), pytest.raises(TimeoutError), lock.held(0.01):
        pass
    with lock.held(0.01):
        pass


def test_work_is_done_side_by_side_and_its_first_error_is_raised(threads: ModuleType) -> None:
    together = threading.Barrier(4, timeout=10)
    done = []

    def work(number: int) -> None:
        together.wait()
        if number == 2:
            raise LookupError
        done.append(number)

    with pytest.raises(LookupError):
        threads.together(work, range(4))
    assert sorted(done) == [0, 1, 3]


def test_a_worker_does_all_jobs_each_in_its_surroundings_and_drains(
    threads: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, done, entered = list(range(30)), list[int](), list[str]()

    class Surroundings:
        def __enter__(self) -> None:
            entered.append(threading.current_thread().name)

        def __exit__(self, *_: Any) -> None:
            pass

    def find(places: int) -> list[int]:
        found, jobs[:] = jobs[:places], jobs[places:]
        return found

    def work(job: int) -> None:
        time.sleep(0.01)
        if job == 7:
            raise RuntimeError("one that fails stops nothing")
        done.append(job)

    monkeypatch.setattr(threads, "surroundings", Surroundings)
    worker = threads.Worker(find, work)
    with worker.running():
        while jobs:
            time.sleep(0.01)
    assert sorted(done) == [job for job in range(30) if job != 7]
    assert len(entered) > 30
