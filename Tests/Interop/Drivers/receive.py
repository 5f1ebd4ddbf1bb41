"""Receives as a user of the reference and prints [{"signer": HEX, "label": TEXT, "body": HEX}, ...].

The user's folder and passphrase come from the environment, as for the reference's own command, whose output can't
show every byte of a message.
"""

import json
import os

from dmp import cli

client = cli._make_client(cli.CLIConfig.load(cli._config_path()), os.environ["DMP_PASSPHRASE"])
messages = client.receive_messages()
print(
    json.dumps(
        [
            {"signer": m.sender_signing_pk.hex(), "label": m.sender_label, "body": m.plaintext.hex()}
            for m in messages
        ]
    )
)
