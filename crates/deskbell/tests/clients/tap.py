"""Runs tap-zendesk-chat as a pipeline would, and says what it read as one JSON object.

tap.py SUBDOMAIN TOKEN START_DATE [STATE]

Discovers, selects all streams, synchronises. Every record is held against the schema that the tap itself announced.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from jsonschema import Draft4Validator

PROGRAM = [sys.executable, "-c", "from tap_zendesk_chat import main; main()"]


def run(*arguments):
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, timeout=150, check=False)
    if done.returncode != 0:
        sys.exit(f"the tap ended with {done.returncode}:\n{done.stderr[-6000:]}")
    return done.stdout


def main():
    subdomain, token, start_date, *state = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        config, catalog, kept = (Path(directory, name) for name in ("config.json", "catalog.json", "state.json"))
        config.write_text(json.dumps({"start_date": start_date, "access_token": token, "subdomain": subdomain}))
        found = json.loads(run("--config", str(config), "--discover"))
        for stream in found["streams"]:
            stream["schema"]["selected"] = True
            for entry in stream["metadata"]:
                entry["metadata"]["selected"] = True
        catalog.write_text(json.dumps(found))
        arguments = ["--config", str(config), "--catalog", str(catalog)]
        if state:
            kept.write_text(state[0])
            arguments += ["--state", str(kept)]
        lines = run(*arguments).splitlines()
    validators, chats, counts, faults, last = {}, Counter(), Counter(), [], None
    for message in map(json.loads, lines):
        if message["type"] == "SCHEMA":
            validators[message["stream"]] = Draft4Validator(message["schema"])
        elif message["type"] == "STATE":
            last = message["value"]
        elif message["type"] == "RECORD":
            stream, record = message["stream"], message["record"]
            counts[stream] += 1
            for fault in validators[stream].iter_errors(record):
                faults.append(f"{stream} {'.'.join(map(str, fault.path))}: {fault.message[:200]}")
            if stream == "chats":
                chats[record["id"]] += 1
    streams = sorted(stream["stream"] for stream in found["streams"])
    print(json.dumps({"streams": streams, "counts": counts, "chats": chats, "faults": faults[:20], "state": last}))


main()
