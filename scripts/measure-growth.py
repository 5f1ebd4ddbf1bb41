"""Start time, memory and query rate of a node by the number of its records, as a Markdown table.

usage: measure-growth.py COMMAND [RECORDS...]     1,000 to 1,000,000 records if no numbers are given

Needs dnsperf. A thousand names, drawn at random from all, are asked for in turn; the other rates are of names that are
never asked twice. Memory is what belongs to the process alone (RssAnon); the files that it maps come on top.
"""

import hashlib
import os
import pathlib
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ZONE = "mesh.test"


def start(command, folder):
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "DMP_DB_PATH": str(folder / "node.db"), "DMP_DOMAIN": ZONE,
        "DMP_DNS_HOST": "127.0.0.1", "DMP_DNS_PORT": "0", "DMP_HTTP_HOST": "127.0.0.1", "DMP_HTTP_PORT": "0",
        "DMP_DNS_RATE": "0",
    }
    log = open(folder / "node.log", "w+")
    begin = time.monotonic()
    process = subprocess.Popen([command, "node"], env=environment, stdout=log, stderr=log)
    while "node up" not in (text := (folder / "node.log").read_text()):
        if process.poll() is not None:
            sys.exit(f"the node does not come up: {text}")
        time.sleep(0.001)
    return process, int(re.search(r"dns=[0-9.]+:(\d+)", text).group(1)), (time.monotonic() - begin) * 1000


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait()


def name(number):
    return f"chunk-{number % 10000:04d}-{number // 10000:012x}.{ZONE}"


def fill(path, first, last):
    now = int(time.time())
    database = sqlite3.connect(path)

    def row(number):
        owner, value = name(number), f"v=dmp1;t=chunk;d={number:024d}" + "x" * 201
        turned = "".join(f"{label}." for label in reversed(owner.split(".")))
        return owner, value, 86400, now, now + 86400, now * 1000 + number, hashlib.sha256(value.encode()).hexdigest(), turned

    columns = "name, value, ttl, created_at, expires_at, stored_ts, value_hash, reversed_name"
    with database:
        database.executemany(f"INSERT INTO records ({columns}) VALUES (?,?,?,?,?,?,?,?)", map(row, range(first, last)))
    database.close()


def rate(port, folder, names, seconds, *options):
    questions = folder / "questions"
    questions.write_text("".join(f"{each} TXT\n" for each in names))
    command = ["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", str(questions), "-c", "8", "-T", "1", "-q", "100"]
    text = subprocess.run([*command, *options, "-l", str(seconds)], capture_output=True, text=True).stdout
    return float(re.search(r"Queries per second:\s+([0-9.]+)", text).group(1))


def cpu(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024


def main():
    command, counts = sys.argv[1], [int(each) for each in sys.argv[2:]] or [1000, 10000, 100000, 1000000]
    print("| records | start | memory at start | after the queries | same names | CPU each | new names | names that are missing |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder, filled = pathlib.Path(name_of_folder), 0
        stop(start(command, folder)[0])
        for count in sorted(counts):
            fill(folder / "node.db", filled, count)
            filled = count
            times = []
            for _ in range(3):
                process, port, milliseconds = start(command, folder)
                times.append(milliseconds)
                if len(times) < 3:
                    stop(process)
            quiet = memory(process)
            source = random.Random(count)
            fresh = [name(number) for number in source.sample(range(count), min(count, 20000))]
            missing = [f"slot-{number}.mb-{source.getrandbits(48):012x}.{ZONE}" for number in range(20000)]
            new = rate(port, folder, fresh, 30, "-n", "1")
            denied = rate(port, folder, missing, 30, "-n", "1")
            rate(port, folder, fresh[:1000], 1)
            used = cpu(process)
            known = rate(port, folder, fresh[:1000], 3)
            each = (cpu(process) - used) * 1e6 / (known * 3)
            print(
                f"| {count:,} | {sorted(times)[1]:.0f} ms | {quiet:.0f} MB | {memory(process):.0f} MB | {known:,.0f}/s "
                f"| {each:.1f} µs | {new:,.0f}/s | {denied:,.0f}/s |",
                flush=True,
            )
            stop(process)


main()
