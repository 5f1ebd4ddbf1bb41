"""Runs a node of the reference on loopback, on free ports, and says "node up dns=... http=..." once it answers.

The process that is started becomes the node itself; a helper process asks it until it answers, and ends.
"""

import os
import socket
import sys
import time
import urllib.request

import dns.message
import dns.query

HOST = "127.0.0.1"


def free_ports():
    """One port that is free for UDP and TCP, for DNS, and another that is free for TCP, for HTTP."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as dns_tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dns_udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as http,
        ):
            dns_tcp.bind((HOST, 0))
            http.bind((HOST, 0))
            try:
                dns_udp.bind((HOST, dns_tcp.getsockname()[1]))
            except OSError:
                continue
            return dns_tcp.getsockname()[1], http.getsockname()[1]


def answers(dns_port, http_port):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    query = dns.message.make_query("probe.invalid", "TXT")
    try:
        dns.query.udp(query, HOST, port=dns_port, timeout=1)
        with direct.open(f"http://{HOST}:{http_port}/health", timeout=1) as response:
            return response.status == 200
    except Exception:
        return False


def announce(dns_port, http_port, node):
    while os.getppid() == node:
        if answers(dns_port, http_port):
            print(f"node up dns={HOST}:{dns_port} http={HOST}:{http_port}", flush=True)
            return
        time.sleep(0.1)


dns_port, http_port = free_ports()
node = os.getpid()
if os.fork() == 0:
    announce(dns_port, http_port, node)
    os._exit(0)
os.environ.update(
    DMP_DNS_HOST=HOST, DMP_DNS_PORT=str(dns_port), DMP_HTTP_HOST=HOST, DMP_HTTP_PORT=str(http_port)
)
os.execv(sys.executable, [sys.executable, "-m", "dmp.server"])
