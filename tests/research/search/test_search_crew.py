"""Where the processes of a study stand among others: out of everybody's way, and gone with who started them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core.research.search.crew import local_crew

ASK = """
import os
from core.research.search.crew import local_crew
if __name__ == "__main__":
    {before}
    with local_crew(1) as crew:
        executor = crew._executor
        asked = [executor.submit(*words) for words in ((os.getpid,), (os.getsid, 0), (os.sched_getscheduler, 0), (os.getpriority, 0, 0))]
        pid, session, policy, nice = (one.result(60) for one in asked)
    print("own" if session == pid else "ours" if session == os.getsid(0) else session, policy == os.SCHED_IDLE, nice)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows the class")
@pytest.mark.parametrize(
    ("before", "where"),
    [("", "own"), ("os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))", "ours")],
    ids=["of the command line", "of an engine"],
)
def test_its_session_is_its_own_but_where_an_engine_asks(before: str, where: str, tmp_path: object) -> None:
    file = f"{tmp_path}/ask.py"
    with open(file, "w", encoding="utf-8") as script:
        script.write(ASK.format(before=before))
    done = subprocess.run(
        [sys.executable, file], capture_output=True, text=True, timeout=100, check=False, env=os.environ | {"PYTHONPATH": os.getcwd()}
    )
    assert done.stdout.split() == [where, "True", "19"], done.stderr


def test_it_ends_with_the_block() -> None:
    with local_crew(1, idle=False) as crew:
        pid = crew._executor.submit(os.getpid).result(60)  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
