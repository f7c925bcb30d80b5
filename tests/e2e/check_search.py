"""A catalogue that is imported is searched, suggested, explained and curated, all through kontorctl."""

import json
import os
import time

import made_events as made
from checking import equal, holds
from fleet import SHOP, ingest

# Ids, titles, brands, departments. No other check has such words.
PRODUCTS = (
    ("tool-1", "Cordless hammer drill 18V", "Zarvox", "Tools"), ("tool-2", "Corded hammer drill 650W", "Zarvox", "Tools"),
    ("tool-3", "Drill bit set 29 pieces", "Quimbel", "Tools"), ("tool-4", "Claw hammer 16 oz", "Quimbel", "Tools"),
    ("paint-1", "Exterior wood paint white 1 gal", "Zarvox", "Paint"),
    ("paint-2", "Interior wall paint white 1 gal", "Quimbel", "Paint"),
)
PRICES = {"tool-1": 129, "tool-2": 79, "tool-3": 25, "tool-4": 18}
MAPPING = {
    "source": "e2e-search",
    "products": {"productIdColumn": "id", "titleColumn": "title", "brandColumn": "brand", "categoryColumns": ["department"]},
}
COMPANIONS_S = 30  # until spelling and suggestions are learned


def a_catalogue_is_imported_to_be_searched(world):
    path, mapping = (os.path.join(world.folder, name) for name in ("search-products.csv", "search-mapping.json"))
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(",".join(row) + "\n" for row in (("id", "title", "brand", "department"), *PRODUCTS))
    with open(mapping, "w", encoding="utf-8") as file:
        json.dump(MAPPING, file)
    world.stand.ctl("import", "--mapping", mapping, path)
    verdicts = world.fleet.send(*(price(product, units) for product, units in PRICES.items()))
    equal({verdict.outcome for verdict in verdicts}, {ingest.EventVerdict.OUTCOME_ACCEPTED}, str(verdicts))
    world.stand.ctl("wait")
    answer = world.fleet.search(query="hammer drill", read_after=[verdict.position for verdict in verdicts])
    equal({each.product_id for each in answer.results[:2]}, {"tool-1", "tool-2"}, "the first two")
    said = found(world, "hammer", "drill")
    holds(said, "Cordless hammer drill 18V", "Zarvox", "Tools", "129.00 GBP", "79.00 GBP")


def price(product, units):
    event = made.order(number=f"price-{product}")
    event.ClearField("order_recorded")
    event.ClearField("actor")
    event.price_set.product_id, event.price_set.currency_code = product, "GBP"
    event.price_set.price.units = units
    return event


def found(world, *words):
    return world.stand.ctl("search", *words).stdout


def until(world, holds_now, *words):
    """What kontorctl says once it holds; the last words otherwise."""
    deadline = time.monotonic() + COMPANIONS_S
    while not holds_now(said := world.stand.ctl(*words).stdout) and time.monotonic() < deadline:
        time.sleep(0.2)  # the pause of a bounded poll
    return said


def a_filter_by_price_and_brand_narrows_the_results(world):
    said = found(world, "drill", "--filter", "price=20..80", "--facet", "brand")
    holds(said, "tool-2", "tool-3", "brand: ")
    assert "tool-1" not in said and "tool-4" not in said, said
    said = found(world, "hammer", "--filter", "brand=Quimbel")
    holds(said, "tool-4")
    assert "tool-1" not in said and "tool-2" not in said, said
    said = found(world, "drill", "--filter", "price=..100", "--sort", "price")
    assert said.index("tool-3") < said.index("tool-2"), said


def a_typo_is_read_as_what_was_meant(world):
    said = until(world, lambda text: "read as" in text, "search", "hammr", "drill")
    holds(said, '"hammr" read as "hammer"', "tool-1", "tool-2")
    said = found(world, "hammr", "drill", "--verbatim")
    assert "read as" not in said, said


def what_is_typed_is_completed(world):
    said = until(world, lambda text: "Zarvox" in text, "suggest", "zarv")
    holds(said, "Zarvox", "brand")
    said = until(world, lambda text: "Cordless" in text, "suggest", "cordl")
    holds(said, "Cordless hammer drill 18V", "tool-1")


def an_answer_is_explained(world):
    said = world.stand.ctl("explain", "hammer", "drill", "--product", "tool-1", "--product", "paint-1").stdout
    holds(said, "read as: hammer drill", "tool-1: place ", "paint-1: ")
    assert "paint-1: place" not in said, said


def curation_is_obeyed_and_forgotten(world):
    def write(name, content):
        path = os.path.join(world.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file)
        return path

    before = found(world, "hammer", "drill")
    rule = write("search-rule.json", {"condition": {"queries": ["hammer drill"]}, "actions": [
        {"pin": {"productId": "tool-3", "place": 1}}, {"hide": {"productIds": ["tool-2"]}},
        {"banner": {"text": "Ten years of guarantee"}}]})
    synonyms = write("search-synonyms.json", {"fromPhrases": ["smasher"], "phrases": ["hammer"], "direction": "DIRECTION_ONE_WAY"})
    world.stand.ctl("curation", "create", "rule", "drills", rule)
    try:
        world.stand.ctl("curation", "create", "synonyms", "smashers", synonyms)
        holds(world.stand.ctl("curation").stdout, "drills", "smashers")
        said = until(world, lambda text: "Ten years" in text, "search", "hammer", "drill")
        holds(said, "Ten years of guarantee", f"{SHOP}/rules/drills")
        assert said.index("tool-3") < said.index("tool-1"), said
        assert "Corded hammer drill" not in said, said
        holds(until(world, lambda text: "tool-4" in text, "search", "smasher"), "tool-4")
    finally:
        world.stand.ctl("curation", "delete", "rule", "drills")
        world.stand.ctl("curation", "delete", "synonyms", "smashers", check=False)
    said = until(world, lambda text: "Ten years" not in text, "search", "hammer", "drill")
    equal([line.split()[:2] for line in said.splitlines()], [line.split()[:2] for line in before.splitlines()], "lines")
    assert world.stand.ctl("curation", "delete", "rule", "drills", check=False).returncode, "a rule was deleted twice"
