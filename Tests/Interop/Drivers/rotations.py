"""Signs rotations and revocations with the reference's library, publishes them, and walks the chain as it does.

Standard input: {"user": NAME, "host": ZONE, "pinned": KEY, "records": [...], "identity": LETTER or null}. A record is
{"old": LETTER, "new": LETTER, "seq": NUMBER, "life": SECONDS} or {"revoke": LETTER}; a letter stands for a pair of keys.
KEY is a letter or the hexadecimal digits of an Ed25519 key. Prints {"head": HEX or null, "keys": {LETTER: [HEX, HEX]}}.
"""

import hashlib
import json
import os
import sys
import time

from dmp import cli
from dmp.client.rotation_chain import RotationChain
from dmp.core import identity, rotation
from dmp.core.crypto import DMPCrypto

order = json.load(sys.stdin)
client = cli._make_client(cli.CLIConfig.load(cli._config_path()), os.environ["DMP_PASSPHRASE"])
subject = f"{order['user']}@{order['host']}"
now = int(time.time())


def keys(letter):
    return DMPCrypto.from_private_bytes(hashlib.sha256(letter.encode()).digest())


def signing_key(letter):
    return keys(letter).get_signing_public_key_bytes()


def record(item):
    if "revoke" in item:
        revocation = rotation.RevocationRecord(
            subject_type=rotation.SUBJECT_TYPE_USER_IDENTITY,
            subject=subject,
            revoked_spk=signing_key(item["revoke"]),
            reason_code=rotation.REASON_COMPROMISE,
            ts=now,
        )
        return revocation.sign(keys(item["revoke"]))
    successor = rotation.RotationRecord(
        subject_type=rotation.SUBJECT_TYPE_USER_IDENTITY,
        subject=subject,
        old_spk=signing_key(item["old"]),
        new_spk=signing_key(item["new"]),
        seq=item["seq"],
        ts=now,
        exp=now + item["life"],
    )
    return successor.sign(keys(item["old"]), keys(item["new"]))


def publish(name, value):
    if not client.writer.publish_txt_record(name, value, ttl=3600):
        sys.exit(f"{name} was refused")


name = rotation.rotation_rrset_name_user_identity(order["user"], order["host"])
for item in order["records"]:
    publish(name, record(item))
if order["identity"]:
    own = identity.make_record(keys(order["identity"]), order["user"])
    publish(identity.identity_domain(order["user"], order["host"]), own.sign(keys(order["identity"])))

pinned = order["pinned"]
pinned_key = signing_key(pinned) if len(pinned) == 1 else bytes.fromhex(pinned)
chain = RotationChain(client.reader)
head = chain.resolve_current_spk(pinned_key, subject, rotation.SUBJECT_TYPE_USER_IDENTITY)
print(
    json.dumps(
        {
            "head": head.hex() if head else None,
            "keys": {
                letter: [keys(letter).get_public_key_bytes().hex(), signing_key(letter).hex()]
                for letter in "abcdef"
            },
        }
    )
)
