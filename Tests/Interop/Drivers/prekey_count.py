"""Prints how many rows the prekey database of the user's folder holds."""

import os
import sqlite3

path = os.path.join(os.environ["DMP_CONFIG_HOME"], "prekeys.db")
print(sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("SELECT count(*) FROM prekeys").fetchone()[0])
