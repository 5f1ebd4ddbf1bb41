"""Wall times of `send` and `recv`, ours and the reference's in turns, as a Markdown table.

usage: measure.py OUR_COMMAND REFERENCE_BIN ROUNDS
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
DRIVERS = CHECKOUT / "Tests/Interop/Drivers"
SIZES = [20, 1_000, 3_732]


class Node:
    def __init__(self, folder, command):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DMP_DB_PATH": str(folder / "node.db"),
            "DMP_CLUSTER_FILE": str(folder / "cluster.wire"),
            "DMP_DOMAIN": "mesh.test",
            "DMP_DNS_HOST": "127.0.0.1",
            "DMP_DNS_PORT": "0",
            "DMP_HTTP_HOST": "127.0.0.1",
            "DMP_HTTP_PORT": "0",
            "DMP_DNS_RATE": "0",
            "DMP_DNS_BURST": "0",
            "DMP_HTTP_RATE": "0",
            "DMP_HTTP_BURST": "0",
        }
        with open(folder.parent / f"{folder.name}.out", "w+") as output:
            subprocess.run(
                [DRIVERS / "start-node", folder, str(os.getpid()), *command],
                env=environment, stdout=output, check=True,
            )
            output.seek(0)
            words = output.read().split()
        places = dict(word.split("=", 1) for word in words if "=" in word)
        self.dns = places["dns"]
        self.url = "http://" + places["http"].removeprefix("http://")


class User:
    def __init__(self, folder, name, command, node, label):
        self.name = name
        self.command = command
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "DMP_CONFIG_HOME": str(folder),
            "DMP_TOKENS_HOME": str(folder / "tokens"),
            "DMP_PASSPHRASE": f"the passphrase of {name}",
        }
        host, port = node.dns.rsplit(":", 1)
        zone = f"{folder.parent.name}.test"
        options = ["--domain", zone, "--endpoint", node.url, "--dns-host", host, "--dns-port", port]
        options.append("--no-default-resolvers")
        self.run("init", name, *options, *(["--no-probe-local-dns"] if label == "reference" else []))
        config = folder / "config.yaml"
        lines = config.read_text().splitlines()
        own = {"claim_provider_override": node.url, "claim_provider_zone": ""}
        config.write_text(
            "".join(
                f"{key}: '{own[key]}'\n" if (key := line.split(":")[0]) in own else line + "\n" for line in lines
            )
        )

    def run(self, *arguments):
        """Runs one command and returns how many seconds it took and what it printed."""
        start = time.perf_counter()
        done = subprocess.run(
            [self.command, *arguments], env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        seconds = time.perf_counter() - start
        if done.returncode != 0:
            sys.exit(f"{self.command} {' '.join(arguments)[:80]}: {done.stdout}{done.stderr}")
        return seconds, done.stdout


def measure(node, commands, folder, rounds):
    pairs = {}
    for label, command in commands.items():
        alice, bob = (User(folder / label / name, name, command, node, label) for name in ("alice", "bob"))
        for one in (alice, bob):
            one.run("identity", "publish")
        for one, other in ((alice, bob), (bob, alice)):
            one.run("identity", "fetch", other.name, "--add")
        pairs[label] = (alice, bob)
    rows = []
    for size in SIZES:
        seconds = {(label, verb): [] for label in pairs for verb in ("send", "recv")}
        for _ in range(rounds):
            for label, (alice, bob) in pairs.items():
                bob.run("identity", "refresh-prekeys", "--count", "1")
                text = "x" * size
                seconds[label, "send"].append(alice.run("send", "bob", text)[0])
                took, shown = bob.run("recv")
                if text not in shown:
                    sys.exit(f"{label}: the message did not arrive: {shown[:200]}")
                seconds[label, "recv"].append(took)
        for verb in ("send", "recv"):
            ours, theirs = (statistics.median(seconds[label, verb]) for label in ("ours", "reference"))
            rows.append((verb, size, ours, theirs))
    return rows


def main():
    ours, reference, rounds = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="dnsmesh-measure-"))
    commands = {"ours": ours, "reference": reference / "dnsmesh"}
    nodes = {
        "ours": [ours, "node"],
        "reference": [reference / "python", DRIVERS / "reference_node.py"],
    }
    try:
        print(f"Median of {rounds} runs of the whole command, in milliseconds, with one prekey.\n")
        print("| node | command | body | ours | reference | reference / ours |")
        print("|---|---|--:|--:|--:|--:|")
        for label, command in nodes.items():
            node = Node(scratch / f"node-{label}", command)
            for verb, size, own, theirs in measure(node, commands, scratch / f"users-{label}", rounds):
                print(
                    f"| {label} | {verb} | {size} | {own * 1000:.0f} | {theirs * 1000:.0f} | {theirs / own:.1f} |",
                    flush=True,
                )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


main()
