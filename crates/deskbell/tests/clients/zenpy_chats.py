"""Reads chats with zenpy, and says what it read as one JSON object.

zenpy_chats.py TOKEN WAY [ARGUMENT]

The desk's address is in ZENPY_FORCE_NETLOC and ZENPY_FORCE_SCHEME. Ways: incremental START_TIME, list, search QUERY, ids A,B,C, rest.
"""

import json
import sys

from zenpy import Zenpy


def objects(result):
    return [item.to_dict() if hasattr(item, "to_dict") else item for item in result]


def rest(chats):
    """What there is beside chats: how many of each, by the calls that scripts make."""
    agents = list(chats.agents())
    departments = list(chats.departments())
    bans = chats.bans()
    return {
        "agents": len(agents),
        "agent": chats.agents(id=agents[0].id).email,
        "by_email": chats.agents(email=agents[0].email).id == agents[0].id,
        "me": chats.agents.me().email,
        "account": chats.accounts().account_key,
        "departments": len(departments),
        "by_name": chats.departments(name=departments[0].name).id == departments[0].id,
        "goals": len(list(chats.goals())),
        "shortcuts": len(list(chats.shortcuts())),
        "triggers": len(list(chats.triggers())),
        "bans": len(list(bans.visitor)) + len(list(bans.ip_address)),
    }


def main():
    token, way, *argument = sys.argv[1:]
    chats = Zenpy(subdomain="acme", email="nobody@acme.test", oauth_token=token).chats
    if way == "incremental":
        found = objects(chats.incremental(start_time=argument[0]))
    elif way == "list":
        found = objects(chats())
    elif way == "search":
        found = objects(chats.search(argument[0]))
    elif way == "ids":
        found = objects(chats(ids=argument[0].split(",")))
    elif way == "rest":
        print(json.dumps(rest(chats)))
        return
    else:
        sys.exit(f"no such way: {way}")
    print(json.dumps({"ids": [chat["id"] for chat in found], "types": sorted({chat.get("type", "") for chat in found})}))


main()
