"""Forked worker processes that survive a decoder crash: the file that ends a process is found and reported, the rest goes on."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

PARENT_CHECK_SECONDS = 2


class Crashed:
    """Stands for the result of an item whose worker process died."""


def map_in_workers(
    work: Callable[[Any], Any], chunks: Iterable[list[Any]], workers: int, prepare: Callable[[], None]
) -> Iterator[Any]:
    """Yield `work(item)`, or Crashed, for each item of each chunk in order; `prepare` runs once in each process. Items are pickled.

    At most two chunks a worker are under way, so memory does not grow with the number of items.
    """
    pool = _Pool(work, workers, prepare)
    waiting: deque[tuple[list[Any], Future[list[Any]]]] = deque()
    try:
        for chunk in chunks:
            waiting.append((chunk, pool.submit(chunk)))
            if len(waiting) >= 2 * workers:
                yield from _next(pool, waiting)
        while waiting:
            yield from _next(pool, waiting)
    finally:
        pool.close()


def _next(pool: _Pool, waiting: deque[tuple[list[Any], Future[list[Any]]]]) -> list[Any]:
    chunk, future = waiting.popleft()
    try:
        return future.result()
    except BrokenProcessPool:
        result = pool.repeat(chunk)
        pool.restart()
        waiting.extend([(other, pool.submit(other)) for other, _ in _drain(waiting)])
        return result


def _drain(waiting: deque[Any]) -> list[Any]:
    items = list(waiting)
    waiting.clear()
    return items


class _Pool:
    def __init__(self, work: Callable[[Any], Any], workers: int, prepare: Callable[[], None]):
        self._arguments = (work, prepare, os.getpid())
        self._workers = workers
        self._executor = self._start(workers)

    def submit(self, chunk: list[Any]) -> Future[list[Any]]:
        try:
            return self._executor.submit(_run_chunk, chunk)
        except BrokenProcessPool as error:  # a crash that no result has told of yet
            broken: Future[list[Any]] = Future()
            broken.set_exception(error)
            return broken

    def repeat(self, chunk: list[Any]) -> list[Any]:
        """Run a chunk that was lost alone, then item by item where that fails too."""
        whole = self._alone(chunk)
        if whole is not None:
            return whole
        return [Crashed() if (one := self._alone([item])) is None else one[0] for item in chunk]

    def restart(self) -> None:
        self.close()
        self._executor = self._start(self._workers)

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _alone(self, chunk: list[Any]) -> list[Any] | None:
        with self._start(1) as executor:
            try:
                return executor.submit(_run_chunk, chunk).result()
            except BrokenProcessPool:
                return None

    def _start(self, workers: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("fork")  # hands over the listing and the open source without copying
        return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=self._arguments)


_work: Callable[[Any], Any] | None = None


def _begin(work: Callable[[Any], Any], prepare: Callable[[], None], parent: int) -> None:
    global _work
    _work = work
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    prepare()


def _follow(parent: int) -> None:
    """End this process when its parent is gone: a killed parent closes no queue."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    os._exit(1)


def _run_chunk(chunk: list[Any]) -> list[Any]:
    assert _work is not None
    return [_work(item) for item in chunk]
