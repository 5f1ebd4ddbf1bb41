"""Prints how the cost of receiving grows. Called by scripts/bench --growth, which documents the options."""

import json
import subprocess
import sys

# The most questions that a pass may ask: ten slots for each zone, two names for the signer's key, six chunks for a
# message of so few bytes.
MOST_QUESTIONS = {
    "contacts": lambda count: 10 + 2 + 6,
    "zones": lambda count: 10 * (count + 1),
    "messages": lambda count: 10 + 2 + 6 * count,
}


def main():
    program, check = sys.argv[1], "--check" in sys.argv
    lines = subprocess.run([program, "--growth"], check=True, capture_output=True, text=True).stdout.splitlines()
    print("| grows | size | questions | slope | CPU time, ms | slope | most memory, MiB |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    failures = []
    for row in map(json.loads, lines):
        slopes = ["" if row[key] is None else f"{row[key]:.2f}" for key in ("questions_slope", "cpu_slope")]
        print(
            f"| {row['grows']} | {row['size']:,} | {row['questions']:,} | {slopes[0]} | {row['cpu_us'] / 1000:.1f} "
            f"| {slopes[1]} | {row['resident_kib'] / 1024:.0f} |"
        )
        most = MOST_QUESTIONS[row["grows"]](row["size"])
        if row["questions"] > most:
            failures.append(f"{row['grows']} {row['size']}: {row['questions']} questions, at most {most} are needed")
    if check and failures:
        sys.exit("bench: " + "; ".join(failures))


main()
