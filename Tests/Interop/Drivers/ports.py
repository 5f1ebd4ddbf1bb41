"""Ports of loopback for nodes, away from those that the system gives to sockets which don't care.

A port that is chosen here and bound later by another process, or by nobody, is not handed out by the system meanwhile.
"""

import random
import socket

HOST = "127.0.0.1"
RANGE = range(20_000, 32_000)


def bound_sockets():
    """UDP and TCP at one port, for DNS, and TCP at another, for HTTP; none of them listens yet."""
    while True:
        dns_port, http_port = random.sample(RANGE, 2)
        opened = []
        try:
            for kind, port in (
                (socket.SOCK_DGRAM, dns_port),
                (socket.SOCK_STREAM, dns_port),
                (socket.SOCK_STREAM, http_port),
            ):
                opened.append(socket.socket(socket.AF_INET, kind))
                opened[-1].bind((HOST, port))
            return opened
        except OSError:
            for each in opened:
                each.close()
