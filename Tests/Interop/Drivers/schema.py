"""Sets the schema version that the prekey database of the user's folder claims to have.

usage: schema.py VERSION
"""

import os
import sqlite3
import sys

with sqlite3.connect(os.path.join(os.environ["DMP_CONFIG_HOME"], "prekeys.db")) as connection:
    connection.execute(f"PRAGMA user_version = {int(sys.argv[1])}")
