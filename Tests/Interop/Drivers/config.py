"""Prints what the reference reads from the config of the user's folder: every key and every contact, as JSON."""

import dataclasses
import json

from dmp import cli

print(json.dumps(dataclasses.asdict(cli.CLIConfig.load(cli._config_path())), sort_keys=True))
