"""Answer times of a polite client of a node under attack, as a Markdown table.

usage: measure-attacks.py COMMAND SECONDS
"""

import http.client
import json
import multiprocessing
import os
import pathlib
import random
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ZONE = "mesh.test"


def query(name, kind=16, number=None, size=1232):
    number = random.randrange(65536) if number is None else number
    wire = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    opt = b"\0" + struct.pack(">HHIH", 41, size, 0, 0)
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 1) + wire + struct.pack(">HH", kind, 1) + opt


def udp(host):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    return sock


def connect(port, buffer=None):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.connect(("127.0.0.1", port))
    return sock


# Attacks: each runs in a process of its own until it is ended.


def flood_one(dns, http):
    sock = udp("127.0.0.2")
    while True:
        sock.sendto(query(f"small.{ZONE}"), ("127.0.0.1", dns))


def flood_many(dns, http):
    socks = [udp(f"127.0.{2 + i // 200}.{1 + i % 200}") for i in range(800)]
    while True:
        for sock in socks:
            sock.sendto(query(f"large.{ZONE}"), ("127.0.0.1", dns))


def amplification(dns, http):
    sock = udp("127.0.0.2")
    sock.setblocking(False)
    while True:
        for kind in (255, 16, 6, 2, 252):
            sock.sendto(query(f"large.{ZONE}", kind, size=65535), ("127.0.0.1", dns))


def noise(dns, http):
    sock = udp("127.0.0.2")
    source = random.Random(1)
    while True:
        data = bytearray(query(f"small.{ZONE}"))
        for _ in range(3):
            data[source.randrange(len(data))] = source.randrange(256)
        sock.sendto(bytes(data), ("127.0.0.1", dns))


def idle(dns, http):
    kept = [connect(dns) for _ in range(1000)]
    while kept:
        time.sleep(1)


def half_messages(dns, http):
    kept = [connect(dns) for _ in range(500)]
    while kept:
        for sock in kept:
            try:
                sock.send(b"\xff")
            except OSError:
                pass
        time.sleep(0.5)


def never_reads(dns, http):
    message = query(f"large.{ZONE}")
    data = (struct.pack(">H", len(message)) + message) * 200
    kept = [connect(dns, buffer=4096) for _ in range(50)]
    for sock in kept:
        sock.setblocking(False)
    while True:
        for sock in kept:
            try:
                sock.send(data)
            except OSError:
                pass
        time.sleep(0.01)


def slowloris(dns, http):
    kept = [connect(http) for _ in range(400)]
    for sock in kept:
        sock.send(b"POST /v1/records/a.mesh.test HTTP/1.1\r\nX-A: ")
    while True:
        for sock in kept:
            try:
                sock.send(b"a")
            except OSError:
                pass
        time.sleep(0.5)


def oversized(dns, http):
    head = b"POST /v1/records/a.mesh.test HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000000\r\n\r\n"
    while True:
        sock = connect(http)
        try:
            sock.send(head)
            for _ in range(100):
                sock.send(bytes(65536))
        except OSError:
            pass
        sock.close()


def connection_flood(dns, http):
    while True:
        for port in (dns, http):
            try:
                connect(port).close()
            except OSError:
                pass


ATTACKS = [
    ("UDP flood from one address", flood_one),
    ("UDP flood from 800 addresses, large set", flood_many),
    ("amplification probes (ANY, TXT, AXFR, EDNS 65,535)", amplification),
    ("damaged datagrams", noise),
    ("1,000 idle TCP connections", idle),
    ("500 TCP connections that drip", half_messages),
    ("50 TCP connections that ask and never read", never_reads),
    ("400 HTTP requests that never end", slowloris),
    ("HTTP bodies of 10 GB", oversized),
    ("connections opened and closed without end", connection_flood),
]


class Node:
    def __init__(self, folder, command):
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "DMP_DB_PATH": str(folder / "node.db"),
            "DMP_DOMAIN": ZONE, "DMP_DNS_HOST": "127.0.0.1", "DMP_DNS_PORT": "0", "DMP_HTTP_HOST": "127.0.0.1",
            "DMP_HTTP_PORT": "0", "DMP_HTTP_RATE": "0", "DMP_HTTP_BURST": "0",
        }
        self.log = open(folder / "node.log", "w+")
        self.process = subprocess.Popen([command, "node"], env=environment, stdout=self.log, stderr=self.log)
        for _ in range(200):
            time.sleep(0.05)
            text = (folder / "node.log").read_text()
            if "node up" in text:
                break
        found = re.search(r"dns=[0-9.]+:(\d+) http=http://[0-9.]+:(\d+)", text)
        if not found:
            sys.exit(f"the node does not come up: {text}")
        self.dns, self.http = map(int, found.groups())

    def memory(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024

    def publish(self, name, value):
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=20)
        connection.request("POST", f"/v1/records/{name}", json.dumps({"value": value, "ttl": 3600}))
        assert connection.getresponse().status == 201
        connection.close()


def measure(node, seconds):
    """Milliseconds of 40 queries a second and of one publication a second; lost ones count for the whole wait."""
    sock = udp("127.0.0.1")
    sock.settimeout(1)
    times, lost, publications, end, next_publication = [], 0, [], time.monotonic() + seconds, 0
    while time.monotonic() < end:
        number = random.randrange(65536)
        start = time.monotonic()
        sock.sendto(query(f"small.{ZONE}", number=number), ("127.0.0.1", node.dns))
        try:
            while sock.recv(4096)[:2] != struct.pack(">H", number):
                pass
        except TimeoutError:
            lost += 1
        times.append((time.monotonic() - start) * 1000)
        if time.monotonic() >= next_publication:
            next_publication = time.monotonic() + 1
            start = time.monotonic()
            try:
                node.publish(f"p.{ZONE}", f"v=dmp1;{number}")
                publications.append((time.monotonic() - start) * 1000)
            except (OSError, AssertionError, http.client.HTTPException):
                publications.append(float("inf"))
        time.sleep(max(0, 0.025 - (time.monotonic() - start)))
    return statistics.quantiles(times, n=100)[98], lost, statistics.median(publications), len(times)


def main():
    command, seconds = sys.argv[1], float(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        node = Node(pathlib.Path(folder), command)
        try:
            node.publish(f"small.{ZONE}", "v=dmp1;small")
            for index in range(15):
                node.publish(f"large.{ZONE}", f"{index} " + "x" * 1990)
            measure(node, 2)
            quiet, _, publication, _ = measure(node, seconds)
            print("| Attack | p99 of a query | ratio | lost | publication, median | memory |")
            print("|---|---:|---:|---:|---:|---:|")
            print(f"| none | {quiet:.2f} ms | 1 | 0 | {publication:.1f} ms | {node.memory():.0f} MB |", flush=True)
            for name, attack in ATTACKS:
                attacker = multiprocessing.Process(target=attack, args=(node.dns, node.http), daemon=True)
                attacker.start()
                time.sleep(1)
                p99, lost, publication, count = measure(node, seconds)
                memory = node.memory()
                attacker.kill()
                attacker.join()
                assert node.process.poll() is None, "the node has ended"
                print(
                    f"| {name} | {p99:.2f} ms | {p99 / quiet:.1f} | {lost} of {count} | {publication:.1f} ms "
                    f"| {memory:.0f} MB |",
                    flush=True,
                )
                time.sleep(1)
        finally:
            node.process.terminate()
            node.process.wait()


main()
