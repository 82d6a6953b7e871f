"""Measures the language benchmarks in seg, CPython and Lua in one run.

    python3 Benchmarks/language/run.py [SEG] [ROUNDS] [NAME …]

The programs with the same name run in turn, so that a busy machine slows all of them. The result is
the best round minus the interpreter's start-up time. A ratio below 1 means that seg is faster.
"""

import os
import resource
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SEG = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "../../.build/release/seg")
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
COMMANDS = {"seg": [SEG], "py": [sys.executable, "-S", "-E"], "lua": ["lua5.4"]}


def processor_seconds(command):
    """User and system time of one run, and its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}{done.stdout}")
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return spent, done.stdout.strip()


def best(commands):
    times = {kind: float("inf") for kind in commands}
    outputs = {}
    for _ in range(ROUNDS):
        for kind, command in commands.items():
            spent, outputs[kind] = processor_seconds(command)
            times[kind] = min(times[kind], spent)
    return times, outputs


def main():
    empty = {"seg": "empty.seg", "py": "empty.py", "lua": "empty.lua"}
    start, _ = best({kind: COMMANDS[kind] + [os.path.join(HERE, name)] for kind, name in empty.items()})
    wanted = sys.argv[3:]
    names = sorted(name[:-4] for name in os.listdir(HERE) if name.endswith(".seg") and name != "empty.seg")
    names = [name for name in names if not wanted or name in wanted]
    print(f"{'':10} {'seg':>8} {'CPython':>8} {'Lua':>8}   seg/CPython  seg/Lua   (ms, start-up left out)")
    behind = []
    for name in names:
        times, outputs = best({kind: COMMANDS[kind] + [os.path.join(HERE, f"{name}.{kind}")] for kind in COMMANDS})
        numbers = {kind: float(text) for kind, text in outputs.items()}
        if len(set(numbers.values())) != 1:
            sys.exit(f"{name}: the programs disagree: {outputs}")
        net = {kind: max(0.001, times[kind] - start[kind]) * 1000 for kind in COMMANDS}
        python, lua = net["seg"] / net["py"], net["seg"] / net["lua"]
        if python >= 1:
            behind.append(name)
        print(f"{name:10} {net['seg']:8.0f} {net['py']:8.0f} {net['lua']:8.0f}   {python:11.2f}  {lua:7.2f}")
    print(f"start-up   {start['seg']*1000:8.0f} {start['py']*1000:8.0f} {start['lua']*1000:8.0f}")
    print("ahead of CPython on each" if not behind else f"behind CPython on {', '.join(behind)}")


main()
