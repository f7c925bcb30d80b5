"""Other search engines over the same titles and queries, for `bench search`.

Usage: search.py TITLES QUERIES

A title or query a line; a query's words ([a-z0-9]+) stand apart by blanks. One thread; of each engine and analysis the top
10 alone, and top 10 with the count and the ten most frequent brands (a title's first word). Prints JSON, by name of engine:
what it is, CPU microseconds, queries per CPU second, the titles it found by number, and the counts. An engine that is not
installed is left out.

Tantivy is its Rust crate where README.md's command has built it, otherwise its Python package, and the answer says which.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# The folder of the Rust program beside this file has the name of the Python package.
sys.path = [path for path in sys.path if os.path.abspath(path) != os.path.dirname(os.path.abspath(__file__))]
TANTIVY = os.path.join(ROOT, "var", "peers", "tantivy", "release", "kontor-peer-tantivy")


def timed(run, queries):
    """CPU times of the calling thread, the first tenth called once before; and the last answers."""
    for query in queries[: len(queries) // 10]:
        run(query)
    micros, answers = [], []
    for query in queries:
        begin = time.thread_time()
        answers.append(run(query))
        micros.append((time.thread_time() - begin) * 1e6)
    micros.sort()
    mean = sum(micros) / len(micros)
    times = {
        "queries_per_cpu_second": 1e6 / mean,
        "p50_us": micros[len(micros) // 2],
        "p99_us": micros[len(micros) * 99 // 100],
    }
    return times, answers


def measure(engine, top, faceted, queries):
    top_times, tops = timed(top, queries)
    faceted_times, counted = timed(faceted, queries)
    counts = [count for _, count in counted]
    return {"engine": engine, "top10": top_times, "count_and_facet": faceted_times, "tops": tops, "counts": counts}


def brand(title):
    return (title.split() or ["?"])[0].lower()


def tantivy_package(titles, queries, tokenizer):
    import tantivy

    schema = tantivy.SchemaBuilder()
    schema.add_integer_field("id", stored=True, fast=True)
    schema.add_text_field("text", tokenizer_name=tokenizer)
    schema.add_text_field("brand", tokenizer_name="raw", fast=True)
    index = tantivy.Index(schema.build())
    writer = index.writer(200_000_000, 1)
    for number, title in enumerate(titles):
        writer.add_document(tantivy.Document(id=number, text=title, brand=brand(title)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    facets = {"brands": {"terms": {"field": "brand", "size": 10}}}

    def ids(result):
        return [searcher.doc(address)["id"][0] for _, address in result.hits]

    def top(query):
        return ids(searcher.search(index.parse_query(query, ["text"]), 10, count=False)) if query else []

    def faceted(query):
        if not query:
            return [], 0
        parsed = index.parse_query(query, ["text"])
        result = searcher.search(parsed, 10, count=True)
        searcher.aggregate(parsed, facets)
        return ids(result), result.count

    return measure(f"Tantivy's Python package, {tokenizer}", top, faceted, queries)


def tantivy_engines(paths, titles, queries):
    engines = {}
    for name, tokenizer in (("tantivy_plain", "default"), ("tantivy", "en_stem")):
        if os.path.exists(TANTIVY):
            printed = subprocess.run([TANTIVY, *paths, tokenizer], check=True, capture_output=True, text=True).stdout
            engines[name] = json.loads(printed)
        else:
            engines[name] = tantivy_package(titles, queries, tokenizer)
    return engines


def xapian_engines(_, titles, queries):
    import xapian

    stem = xapian.Stem("english")
    folder = tempfile.TemporaryDirectory()
    writable = xapian.WritableDatabase(folder.name, xapian.DB_CREATE_OR_OVERWRITE)
    for title in titles:
        document = xapian.Document()
        for word in words(title):
            document.add_term(stem(word).decode())
        document.add_value(0, brand(title))
        writable.add_document(document)
    writable.commit()
    writable.close()
    database = xapian.Database(folder.name)

    def enquire(query):
        enquiry = xapian.Enquire(database)
        enquiry.set_weighting_scheme(xapian.BM25Weight(1.2, 0, 1, 0.75, 0))
        enquiry.set_query(xapian.Query(xapian.Query.OP_OR, [stem(word).decode() for word in query.split()]))
        return enquiry

    def top(query):
        return [match.docid - 1 for match in enquire(query).get_mset(0, 10)] if query else []

    def faceted(query):
        if not query:
            return [], 0
        enquiry = enquire(query)
        spy = xapian.ValueCountMatchSpy(0)
        enquiry.add_matchspy(spy)
        matches = enquiry.get_mset(0, 10, database.get_doccount())
        list(spy.top_values(10))
        return [match.docid - 1 for match in matches], matches.get_matches_estimated()

    engines = {"xapian": measure(f"Xapian {xapian.version_string()}, Snowball", top, faceted, queries)}
    database.close()
    folder.cleanup()
    return engines


def fts5_engines(_, titles, queries):
    import sqlite3

    base = sqlite3.connect(":memory:")
    base.execute("create virtual table titles using fts5(text, tokenize='porter unicode61', content='')")
    base.execute("create table brands(id integer primary key, brand text)")
    base.executemany("insert into titles(rowid, text) values(?, ?)", enumerate(titles))
    base.executemany("insert into brands values(?, ?)", ((i, brand(title)) for i, title in enumerate(titles)))
    base.execute("insert into titles(titles) values('optimize')")
    base.commit()

    def matching(query):
        return " OR ".join(f'"{word}"' for word in query.split())

    def top(query):
        if not query:
            return []
        rows = base.execute("select rowid from titles where titles match ? order by rank limit 10", (matching(query),))
        return [row[0] for row in rows]

    def faceted(query):
        if not query:
            return [], 0
        facets = base.execute(
            "select brand, count(*), sum(count(*)) over () from titles join brands on brands.id = titles.rowid "
            "where titles match ? group by brand order by 2 desc limit 10",
            (matching(query),),
        ).fetchall()
        return top(query), facets[0][2] if facets else 0

    return {"fts5": measure(f"SQLite FTS5 {sqlite3.sqlite_version}, porter", top, faceted, queries)}


def words(text):
    return re.findall("[a-z0-9]+", text.lower())


def main():
    paths = sys.argv[1:3]
    with open(paths[0], encoding="utf-8") as file:
        titles = file.read().split("\n")[:-1]
    with open(paths[1], encoding="utf-8") as file:
        queries = file.read().split("\n")[:-1]
    engines = {}
    for run in (tantivy_engines, xapian_engines, fts5_engines):
        try:
            engines.update(run(paths, titles, queries))
        except ImportError as error:
            print(error, file=sys.stderr)
    print(json.dumps(engines))


if __name__ == "__main__":
    main()
