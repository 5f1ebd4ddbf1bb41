"""Sends messages as a user of the reference. Standard input: {"to": CONTACT, "bodies": [HEX, ...]}.

The user's folder and passphrase come from the environment, as for the reference's own command. This exists because a
process argument, which is how that command takes a message, can't hold a zero byte.
"""

import json
import os
import sys

from dmp import cli

order = json.load(sys.stdin)
client = cli._make_client(cli.CLIConfig.load(cli._config_path()), os.environ["DMP_PASSPHRASE"])
for body in order["bodies"]:
    text = bytes.fromhex(body).decode("utf-8")
    if not client.send_message(order["to"], text):
        sys.exit(f"the reference could not send {len(body) // 2} bytes")
