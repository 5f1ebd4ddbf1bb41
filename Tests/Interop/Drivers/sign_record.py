"""Signs a record of an operator with the reference. Standard input: {"kind", "seed": HEX, "fields"}. Prints the record.

kind is "cluster" or "bootstrap"; fields are those of the JSON that our `cluster sign` and `bootstrap sign` print.
"""

import json
import sys

from dmp.core.bootstrap import BootstrapEntry, BootstrapRecord
from dmp.core.cluster import ClusterManifest, ClusterNode
from dmp.core.operator_signer import OperatorSigner

order = json.load(sys.stdin)
fields = order["fields"]
key = OperatorSigner.from_hex(order["seed"])
signer = key.get_signing_public_key_bytes()
if order["kind"] == "cluster":
    nodes = [ClusterNode(n["node_id"], n["http_endpoint"], n["dns_endpoint"]) for n in fields["nodes"]]
    record = ClusterManifest(
        cluster_name=fields["cluster"], operator_spk=signer, nodes=nodes, seq=fields["seq"], exp=fields["exp"]
    )
else:
    entries = [
        BootstrapEntry(e["priority"], e["cluster_base_domain"], bytes.fromhex(e["operator_spk"]))
        for e in fields["entries"]
    ]
    record = BootstrapRecord(
        user_domain=fields["user_domain"], signer_spk=signer, entries=entries, seq=fields["seq"], exp=fields["exp"]
    )
print(record.sign(key), end="")
