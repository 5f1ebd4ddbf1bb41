"""Prints how many rows a table of an SQLite database holds.

usage: count.py DATABASE TABLE
"""

import sqlite3
import sys

database, table = sys.argv[1:]
with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
    print(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
