"""Stands in for a node of a cluster that is not well: says "node up dns=... http=..." and then fails.

usage: sick_node.py MODE

down     nothing listens at its addresses
hanging  takes connections and queries, and never answers
garbage  answers with bytes that mean nothing
lying    takes every record, keeps none, and says that no name exists
"""

import sys
import threading

from ports import HOST, bound_sockets

NOISE = bytes(range(200, 256)) * 4
mode = sys.argv[1]


def no_such_name(query):
    """The header with NXDOMAIN and the question, without anything that the query had beyond."""
    end = 12
    while query[end]:
        end += 1 + query[end]
    header = query[:2] + b"\x84\x03" + b"\x00\x01" + b"\x00" * 6
    return header + query[12 : end + 5]


def serve_udp(udp):
    while True:
        query, peer = udp.recvfrom(65535)
        if mode == "garbage":
            udp.sendto(query[:2] + NOISE, peer)
        elif mode == "lying":
            udp.sendto(no_such_name(query), peer)


def serve_tcp(listener, answer):
    open_connections = []
    while True:
        connection, _ = listener.accept()
        open_connections.append(connection)
        if mode != "hanging":
            threading.Thread(target=answer, args=(connection,), daemon=True).start()


def answer_dns(connection):
    with connection:
        head = connection.recv(2)
        query = connection.recv(int.from_bytes(head, "big"))
        reply = NOISE if mode == "garbage" else no_such_name(query)
        connection.sendall(len(reply).to_bytes(2, "big") + reply)


def answer_http(connection):
    with connection, connection.makefile("rb") as request:
        method = request.readline().split(b" ")[0]
        length = 0
        while (line := request.readline()).strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        request.read(length)
        if mode == "garbage":
            connection.sendall(NOISE)
            return
        status, body = {
            b"POST": (b"201 Created", b'{"ok": true}'),
            b"DELETE": (b"204 No Content", b""),
        }.get(method, (b"200 OK", b'{"status": "ok"}'))
        connection.sendall(
            b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
            % (status, len(body), body)
        )


udp, dns_tcp, http = bound_sockets()
print(f"node up dns={HOST}:{udp.getsockname()[1]} http={HOST}:{http.getsockname()[1]}", flush=True)
if mode == "down":
    for each in (udp, dns_tcp, http):
        each.close()
    while True:
        threading.Event().wait(3600)
dns_tcp.listen(128)
http.listen(128)
threading.Thread(target=serve_udp, args=(udp,), daemon=True).start()
threading.Thread(target=serve_tcp, args=(dns_tcp, answer_dns), daemon=True).start()
serve_tcp(http, answer_http)
