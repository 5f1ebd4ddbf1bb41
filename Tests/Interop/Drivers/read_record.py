"""Reads a record of an operator with the reference. Standard input: {"kind", "signer": HEX, "name", "wire"}.

Prints {"name", "seq", "exp", "items"} as JSON, or null for a record that the reference refuses.
"""

import json
import sys

from dmp.core.bootstrap import BootstrapRecord
from dmp.core.cluster import ClusterManifest

order = json.load(sys.stdin)
signer = bytes.fromhex(order["signer"])
if order["kind"] == "cluster":
    record = ClusterManifest.parse_and_verify(order["wire"], signer, expected_cluster_name=order["name"])
    name = record and record.cluster_name
    items = record and [f"{n.node_id} {n.http_endpoint} {n.dns_endpoint}" for n in record.nodes]
else:
    record = BootstrapRecord.parse_and_verify(order["wire"], signer, expected_user_domain=order["name"])
    name = record and record.user_domain
    items = record and [f"{e.priority} {e.cluster_base_domain} {e.operator_spk.hex()}" for e in record.entries]
print(json.dumps(record and {"name": name, "seq": record.seq, "exp": record.exp, "items": items}))
