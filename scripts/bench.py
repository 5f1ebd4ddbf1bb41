"""Counts and times the stages of the benchmark program. Called by scripts/bench, which documents the options."""

import argparse
import collections
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

THRESHOLDS = pathlib.Path(__file__).parent.parent / "Benchmarks" / "thresholds.json"
# The counts depend a little on versions of the libraries and the compiler.
INSTRUCTION_TOLERANCE, ALLOCATION_TOLERANCE = 1.10, 1.10
ALLOCATORS = {"malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "memalign"}


def counted_symbol(program):
    symbols = subprocess.run(["nm", program], check=True, capture_output=True, text=True).stdout
    found = {line.split()[-1] for line in symbols.splitlines() if "countedExecution" in line and " t " in line.lower()}
    if len(found) != 1:
        sys.exit(f"bench: expected one symbol countedExecution in {program}, found {sorted(found)}")
    return found.pop()


def allocations(profile):
    """How often one of the allocators is called, from a file in callgrind's format."""
    names, callee, count = {}, None, 0
    lines = profile.read_text().splitlines()
    for line in lines:
        if match := re.match(r"c?fn=\((\d+)\) (.+)", line):
            names[match[1]] = match[2]
    for line in lines:
        if match := re.match(r"cfn=\((\d+)\)", line):
            callee = names.get(match[1], "")
        elif line.startswith("calls=") and callee in ALLOCATORS:
            count += int(line[6:].split()[0])
    return count


def profiles(program, arguments, runs):
    """{(stage, size): (instructions, allocations)} of `runs` runs, and of allocations some more."""
    symbol = counted_symbol(program)
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        # Valgrind gives up on debug information that is newer than itself.
        stripped = pathlib.Path(folder) / "program"
        subprocess.run(["strip", "--strip-debug", "-o", stripped, program], check=True)
        run = subprocess.run(
            [
                "valgrind", "--tool=callgrind", "--collect-atstart=no", f"--toggle-collect={symbol}",
                f"--dump-after={symbol}", f"--callgrind-out-file={out}",
                stripped, "count", "--runs", str(runs), *arguments,
            ],
            capture_output=True,
            text=True,
        )  # fmt: skip
        if run.returncode != 0:
            sys.exit(run.stderr)
        counts = {}
        for number, line in enumerate(run.stdout.splitlines(), 1):
            stage, size = line.split()
            profile = pathlib.Path(f"{out}.{number}")
            summary = re.search(r"^summary: (\d+)", profile.read_text(), re.MULTILINE)
            counts[stage, int(size)] = int(summary[1]), allocations(profile)
        return counts


def count(program, arguments):
    """{(stage, size): (instructions, allocations)} of one run.

    Calls are noted outside of what is measured too, so the difference of two runs counts."""
    few, many = profiles(program, arguments, 1), profiles(program, arguments, 5)
    return {key: tuple(round((b - a) / 4) for a, b in zip(few[key], many[key])) for key in few}


def times(program, arguments):
    """{(stage, size): median of microseconds of CPU time}"""
    medians = {}
    for command in ("primitives", "stages"):
        run = subprocess.run([program, command, *arguments], check=True, capture_output=True, text=True)
        for line in map(json.loads, run.stdout.splitlines()):
            medians[line["stage"], line["size"]] = statistics.median(line["cpu_ns"]) / 1000
    return medians


def table(title, values, show):
    sizes = sorted({size for _, size in values})
    rows = collections.OrderedDict()
    for (stage, size), value in values.items():
        rows.setdefault(stage, {})[size] = value
    for single in (True, False):
        chosen = {stage: row for stage, row in rows.items() if (set(row) == {0}) == single}
        columns = [size for size in sizes if any(size in row for row in chosen.values())]
        if not chosen:
            continue
        print(f"\n{title}\n\n| stage | " + " | ".join(f"{c} B" if c else "" for c in columns) + " |")
        print("|---|" + "--:|" * len(columns))
        for stage, row in chosen.items():
            print(f"| {stage} | " + " | ".join(show(row[c]) if c in row else "" for c in columns) + " |")


def check(counts):
    allowed = json.loads(THRESHOLDS.read_text())
    failures = 0
    for (stage, size), measured in counts.items():
        limits = allowed.get(f"{stage} {size}")
        if limits is None:
            print(f"no threshold: {stage} {size}")
            failures += 1
            continue
        tolerances = (INSTRUCTION_TOLERANCE, ALLOCATION_TOLERANCE)
        for what, value, limit, tolerance in zip(("instructions", "allocations"), measured, limits, tolerances):
            if value > limit * tolerance + 2:
                print(f"above its threshold: {stage} {size}: {value} {what}, {limit} recorded")
                failures += 1
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--no-times", action="store_true")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--stages", default="")
    parser.add_argument("--sizes", default="100,4096,24576")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    arguments = ["--sizes", options.sizes, "--stages", options.stages]
    counts = count(program, arguments)
    table("Instructions, in thousands", {key: value[0] for key, value in counts.items()}, lambda v: f"{v / 1000:,.1f}")
    table("Allocations", {key: value[1] for key, value in counts.items()}, str)
    if not options.no_times:
        table("CPU time, in microseconds", times(program, arguments), lambda v: f"{v:,.2f}")
    if options.record:
        recorded = {f"{stage} {size}": value for (stage, size), value in counts.items()}
        lines = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in recorded.items())
        THRESHOLDS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    if options.check and check(counts):
        sys.exit(1)


main()
