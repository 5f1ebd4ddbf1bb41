"""Runs a DNS server on loopback that takes signed updates of the zone mesh.test, and says "node up dns=... http=..." once it
answers: "dns" is where to read, "http" where to send updates.

usage: update_server.py bind|knot|reference|ours|moved [unbound]     the working files lie in the folder HOME

With "unbound", reading goes through an Unbound that forwards to the server. For "ours", and "moved", which reads
the key database of the reference, DNSMESH names the command.
"""

import base64
import os
import pathlib
import random
import socket
import struct
import subprocess
import sys
import time

from ports import HOST, bound_sockets

ZONE = "mesh.test"
KEY = "mesh-key.mesh.test"
SECRET = bytes([0x73]) * 32
SECRET_TEXT = base64.b64encode(SECRET).decode()
FOLDER = pathlib.Path(os.environ["HOME"])

ZONE_FILE = f"""$ORIGIN {ZONE}.
$TTL 60
@ IN SOA ns.{ZONE}. hostmaster.{ZONE}. ( 1 3600 600 604800 5 )
@ IN NS ns.{ZONE}.
ns IN A 127.0.0.1
"""

BIND = """options {{
  directory "{folder}"; pid-file "{folder}/named.pid"; session-keyfile "{folder}/session.key"; lock-file none;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion no; version none; notify no; minimal-responses yes; max-records-per-type 256; max-udp-size 1232;
}};
controls {{ }};
key "{key}" {{ algorithm hmac-sha256; secret "{secret}"; }};
zone "{zone}" {{ type primary; file "{folder}/zone"; update-policy {{ grant {key}. zonesub TXT; }}; }};
"""

KNOT = """server:
    rundir: "{folder}"
    listen: 127.0.0.1@{port}
    udp-max-payload: 1232
log:
  - target: "{folder}/log"
    any: info
database:
    storage: "{folder}/db"
key:
  - id: {key}.
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: users
    key: {key}.
    action: update
    update-type: [TXT]
template:
  - id: default
    storage: "{folder}"
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: changes
zone:
  - domain: {zone}
    file: "{folder}/zone"
    acl: [users]
"""

UNBOUND = """server:
    interface: 127.0.0.1
    port: {own}
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    logfile: "{folder}/unbound.log"
    do-not-query-localhost: no
    do-ip6: no
    num-threads: 1
    cache-max-negative-ttl: 0
    cache-max-ttl: 0
    local-zone: "test." nodefault
stub-zone:
    name: {zone}
    stub-addr: 127.0.0.1@{port}
remote-control:
    control-enable: no
"""


def free_port():
    opened = bound_sockets()
    port = opened[0].getsockname()[1]
    for each in opened:
        each.close()
    return port


def answers(port):
    """Whether the server has the zone: SOA of it, NOERROR."""
    name = b"".join(bytes([len(label)]) + label for label in ZONE.encode().split(b".")) + b"\0"
    query = struct.pack(">HHHHHH", random.randrange(65536), 0x0100, 1, 0, 0, 0) + name + struct.pack(">HH", 6, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1)
        try:
            asking.sendto(query, (HOST, port))
            answer = asking.recv(4096)
        except OSError:
            return False
    return answer[:2] == query[:2] and answer[3] & 15 == 0


def write(name, text, mode=0o600):
    path = FOLDER / name
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def command(kind, port):
    values = {"folder": FOLDER, "port": port, "key": KEY, "secret": SECRET_TEXT, "zone": ZONE}
    environment = dict(os.environ)
    if kind == "bind":
        write("zone", ZONE_FILE)
        return ["named", "-4", "-c", write("named.conf", BIND.format(**values)), "-g", "-n", "1"], environment
    if kind == "knot":
        write("zone", ZONE_FILE)
        (FOLDER / "db").mkdir(mode=0o700)
        return ["knotd", "-c", write("knot.conf", KNOT.format(**values))], environment
    environment.update(
        DMP_DNS_HOST=HOST, DMP_DNS_PORT=str(port), DMP_HTTP_HOST=HOST, DMP_HTTP_PORT=str(free_port()),
        DMP_DB_PATH=str(FOLDER / "node.db"), DMP_SERVED_ZONE=ZONE, DMP_DNS_UPDATE_ENABLED="1",
        DMP_DNS_APEX_NS=f"ns.{ZONE}", DMP_DNS_APEX_A=HOST,
        DMP_DNS_RATE="0", DMP_DNS_BURST="0", DMP_CLAIM_PROVIDER="0", DMP_CLUSTER_FILE=str(FOLDER / "cluster"),
    )
    if kind == "ours":
        line = f"{KEY} hmac-sha256 {SECRET_TEXT}\n"
        environment["DMP_TSIG_KEY_FILE"] = write("keys", line)
        return [environment["DNSMESH"], "node"], environment
    from dmp.server.tsig_keystore import TSIGKeyStore

    environment["DMP_TSIG_DB_PATH"] = str(FOLDER / "tsig.db")
    store = TSIGKeyStore(environment["DMP_TSIG_DB_PATH"])
    store.put(name=KEY + ".", secret=SECRET, allowed_suffixes=[ZONE])
    store.close()
    if kind == "moved":
        return [environment["DNSMESH"], "node"], environment
    return [sys.executable, "-m", "dmp.server"], environment


def announce(server, port, reading):
    while os.getppid() == server:
        if answers(port) and answers(reading):
            print(f"node up dns={HOST}:{reading} http={HOST}:{port}", flush=True)
            return
        time.sleep(0.1)


os.environ["PATH"] += ":/usr/sbin:/sbin"
port = free_port()
reading = port
if sys.argv[2:] == ["unbound"]:
    reading = free_port()
    path = write("unbound.conf", UNBOUND.format(folder=FOLDER, own=reading, port=port, zone=ZONE))
    subprocess.Popen(["unbound", "-c", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
arguments, environment = command(sys.argv[1], port)
server = os.getpid()
if os.fork() == 0:
    announce(server, port, reading)
    os._exit(0)
os.execvpe(arguments[0], arguments, environment)
