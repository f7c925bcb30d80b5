"""What happens now changes what is answered now."""

import json
import os
import threading
import time

import made_events as made
from checking import equal
from fleet import NANOS, SHOP, analytics, ingest, recommendations, number

CUSTOMER = "12001"


def newest(world):
    """Seconds of the newest event time that the figures know."""
    return world.fleet.query(("orders",)).as_of.seconds


def an_order_changes_the_figures_within_a_second(world):
    metrics = ("orders", "revenue", "buyers")
    world.stand.ctl("wait")  # what other checks have sent
    before = world.fleet.totals(metrics)
    begin = time.monotonic()
    verdict, = world.fleet.send(made.order(amount_nanos=1_234_567_891, customer="never-seen", at=newest(world) + 1))
    after = world.fleet.totals(metrics, read_after=[verdict.position])
    seconds = time.monotonic() - begin
    equal(after, {"orders": before["orders"] + 1, "revenue": before["revenue"] + 1_234_567_891,
                  "buyers": before["buyers"] + 1}, "figures")
    assert seconds < 1, f"it took {seconds:.2f} s"


def an_order_changes_the_recommendations_within_a_second(world):
    world.fleet.train(force=True)
    new = {"customer_id": CUSTOMER, "bought_products": recommendations.BOUGHT_PRODUCTS_EXCLUDE}
    before = world.fleet.recommend(**new)
    assert before.recommendations, before
    assert all(each.reasons and each.reasons[0].text for each in before.recommendations), before
    product = before.recommendations[0].product_id
    begin = time.monotonic()
    verdict, = world.fleet.send(made.order(customer=CUSTOMER, product=product, at=before.as_of.seconds + 1))
    after = world.fleet.recommend(read_after=[verdict.position], **new)
    seconds = time.monotonic() - begin
    assert product not in [each.product_id for each in after.recommendations], f"{product} is still new"
    assert seconds < 1, f"it took {seconds:.2f} s"
    bought = world.fleet.recommend(customer_id=CUSTOMER, bought_products=recommendations.BOUGHT_PRODUCTS_ONLY,
                                   page_size=100, read_after=[verdict.position])
    assert product in [each.product_id for each in bought.recommendations], f"{product} is not among the bought"


def everyone_gets_an_answer(world):
    basket = world.fleet.recommend(customer_id=CUSTOMER).recommendations[0].product_id
    for ask in ({"customer_id": CUSTOMER}, {"basket_product_ids": [basket], "placement": recommendations.PLACEMENT_BASKET},
                {"country": "France"}, {"customer_id": "never-seen-either"}, {"basket_product_ids": ["no such product"]}):
        answer = world.fleet.recommend(**ask)
        assert answer.recommendations and not answer.degraded, f"{ask}: {answer}"
        assert answer.attribution_token and answer.model, f"{ask}: {answer}"
        scores = [each.score for each in answer.recommendations]
        equal(scores, sorted(scores, reverse=True), f"{ask}: order")
        assert basket not in [each.product_id for each in answer.recommendations] or "basket_product_ids" not in ask


def a_rule_is_tried_obeyed_and_explained(world):
    product = world.fleet.recommend(customer_id=CUSTOMER).recommendations[0].product_id

    def ctl(*words):
        return world.stand.ctl(*words).stdout

    path = os.path.join(world.folder, "rule.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"condition": {"product_ids": [product]}, "exclude": {}}, file)
    said = ctl("rules", "preview", path)
    assert "answers would change" in said and not said.strip().startswith("0 "), said
    ctl("rules", "create", "e2e", path)
    try:
        assert product not in [each.product_id for each in world.fleet.recommend(customer_id=CUSTOMER).recommendations]
        assert "e2e" in ctl("rules"), "the list of rules"
        said = ctl("absence", product, "--customer", CUSTOMER)
        assert f"{SHOP}/rules/e2e" in said, said
    finally:
        ctl("rules", "delete", "e2e")
    assert product in [each.product_id for each in world.fleet.recommend(customer_id=CUSTOMER).recommendations]
    said = ctl("page", "--placements", "buy_again,popular", "--customer", CUSTOMER)
    assert "buy_again" in said and "popular" in said, said


def a_watched_figure_follows(world):
    world.stand.ctl("wait")
    query = analytics.QueryKpisRequest(parent=SHOP, metrics=["orders"])
    stream = world.fleet.analytics.WatchKpis(
        analytics.WatchKpisRequest(parent=SHOP, query=query, min_interval_ms=100), **world.fleet.call)
    before = number(next(stream).totals.values[0])
    after = []

    def watch():
        for answer in stream:
            after.append(number(answer.totals.values[0]))
            if after[-1] == before + 1:
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    world.fleet.send(made.order(at=newest(world) + 1))
    watcher.join(10)
    stream.cancel()
    assert after and after[-1] == before + 1, f"watched {before}, then {after}"


def a_return_and_a_cancellation_correct_the_figures(world):
    metrics = ("gross_revenue", "revenue", "returns", "net_revenue", "cancelled_orders")
    world.stand.ctl("wait")
    before = world.fleet.totals(metrics)
    at = newest(world) + 1
    sold, void = made.order(amount_nanos=10 * NANOS, at=at), made.order(amount_nanos=4 * NANOS, at=at)
    back = made.order(at=at + 1)
    back.ClearField("order_recorded")
    back.event_id = back.return_recorded.return_id = "back-1"
    back.return_recorded.order_id = sold.order_recorded.order_id
    back.return_recorded.currency_code = "GBP"
    back.return_recorded.lines.extend(sold.order_recorded.lines)
    cancelled = made.order(at=at + 1)
    cancelled.ClearField("order_recorded")
    cancelled.event_id = "void-1"
    cancelled.order_cancelled.order_id = void.order_recorded.order_id
    verdicts = world.fleet.send(back, cancelled, sold, void)  # what corrects comes first
    equal({verdict.outcome for verdict in verdicts}, {ingest.EventVerdict.OUTCOME_ACCEPTED}, str(verdicts))
    after = world.fleet.totals(metrics, read_after=[verdict.position for verdict in verdicts])
    equal({name: after[name] - before[name] for name in metrics},
          {"gross_revenue": 14 * NANOS, "revenue": 10 * NANOS, "returns": 10 * NANOS, "net_revenue": 0,
           "cancelled_orders": 1}, "changes")


def analysts_read_their_views_and_nothing_else(world):
    equal(world.stand.sql("CREATE ROLE jane LOGIN IN ROLE kontor_analyst_default").stderr, "", "role")
    try:
        figures = world.fleet.totals(("net_revenue", "return_lines"))
        net = world.stand.sql("SELECT (sum(net_revenue) * 1000000000)::numeric(40,0) FROM sql_v1.daily_revenue", "jane")
        equal(net.stdout.strip(), str(figures["net_revenue"]), f"net revenue by SQL {net.stderr}")
        lines = world.stand.sql("SELECT count(*) FROM sql_v1.returns", "jane")
        equal(lines.stdout.strip(), str(figures["return_lines"]), f"lines of returns by SQL {lines.stderr}")
        for statement in ("SELECT count(*) FROM analytics.documents", "SELECT count(*) FROM ingest.imports",
                          "DELETE FROM sql_v1.products", "CREATE TABLE sql_v1.mine (i int)"):
            assert "permission denied" in world.stand.sql(statement, "jane").stderr, statement
    finally:
        world.stand.sql("DROP ROLE jane")


def the_log_can_be_followed(world):
    tail = world.fleet.events.TailEvents(
        ingest.TailEventsRequest(parent=SHOP, topics=["orders"], from_beginning=True, limit=5), **world.fleet.call)
    seen = list(tail)
    equal(len(seen), 5, "records")
    for each in seen:
        equal((each.position.topic, each.record.shop, each.record.personal), ("orders", "default", b""), str(each))
        assert each.record.payload and each.record.type.startswith("kontor.events.v1."), each


def the_quality_report_counts_what_was_refused(world):
    report = world.fleet.events.GetQualityReport(ingest.GetQualityReportRequest(name=SHOP), **world.fleet.call)
    sources = {source.source: source for source in report.sources}
    mine = sources[made.SOURCE]
    assert mine.accepted > 10 and mine.duplicates >= 1, mine
    reasons = {reason.reason: reason.count for reason in mine.refused_by_reason}
    for reason in ("NEGATIVE_PRICE", "EVENT_ID_REUSED", "CURRENCY_UNKNOWN", "LINES_MISSING"):
        assert reasons.get(reason, 0) >= 1, reasons
    equal(mine.refused, sum(reasons.values()), "refused")
