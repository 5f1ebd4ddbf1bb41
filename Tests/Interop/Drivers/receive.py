"""Receives as a user of the reference and prints [{"signer": HEX, "label": TEXT, "body": HEX}, ...].

usage: receive.py [follow]: with "follow" the rotations of contacts are followed, which the reference's command never
does.

The user's folder and passphrase come from the environment, as for the reference's own command, whose output can't
show every byte of a message.
"""

import json
import os
import sys

from dmp import cli
from dmp.client.rotation_chain import RotationChain

client = cli._make_client(cli.CLIConfig.load(cli._config_path()), os.environ["DMP_PASSPHRASE"])
if sys.argv[1:] == ["follow"]:
    client.rotation_chain_enabled = True
    client._rotation_chain = RotationChain(client.reader)
messages = client.receive_messages()
print(
    json.dumps(
        [
            {"signer": m.sender_signing_pk.hex(), "label": m.sender_label, "body": m.plaintext.hex()}
            for m in messages
        ]
    )
)
