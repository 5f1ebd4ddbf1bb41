"""Runs a node of the reference on loopback, on free ports, and says "node up dns=... http=..." once it answers.

The process that is started becomes the node itself; a helper process asks it until it answers, and ends.
"""

import os
import sys
import time
import urllib.request

import dns.message
import dns.query

from ports import HOST, bound_sockets


def free_ports():
    """A port for DNS and one for HTTP."""
    opened = bound_sockets()
    ports = [each.getsockname()[1] for each in opened]
    for each in opened:
        each.close()
    return ports[0], ports[2]


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
