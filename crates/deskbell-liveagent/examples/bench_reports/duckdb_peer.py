"""Puts tables of facts into DuckDB, in memory, and asks one question several times.

Arguments: the directory of the facts, a file of `name<TAB>columns` lines, a file with the question, how often, where the answer goes.
Prints the seconds that loading took, and each answer's milliseconds.
"""

import sys
import time

import duckdb

facts, tables, question, rounds, answer = sys.argv[1:]
db = duckdb.connect()
began = time.perf_counter()
for line in open(tables):
    name, columns = line.rstrip("\n").split("\t")
    db.execute(f"CREATE TABLE {name} ({columns})")
    db.execute(f"COPY {name} FROM '{facts}/{name}' (DELIMITER '\t', NULLSTR '\\N', HEADER false, QUOTE '')")
print("loaded", time.perf_counter() - began)
text = open(question).read()
rows = []
for _ in range(int(rounds)):
    began = time.perf_counter()
    rows = db.execute(text).fetchall()
    print("asked", (time.perf_counter() - began) * 1000)
with open(answer, "w") as out:
    for row in rows:
        out.write("\t".join(str(number) for number in row) + "\n")
