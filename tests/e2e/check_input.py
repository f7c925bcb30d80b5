"""Events and questions that are wrong: each refused with a reason and a sentence, whatever stands beside it taken."""

import grpc

import made_events as made
from checking import equal, holds
from fleet import NANOS, SHOP, analytics, ingest

OUTCOME = ingest.EventVerdict.Outcome
WRONG = (
    (made.negative_price, "NEGATIVE_PRICE", "order_recorded.lines[0].amount"),
    (made.without_lines, "LINES_MISSING", "order_recorded.lines"),
    (made.unknown_currency, "CURRENCY_UNKNOWN", "order_recorded.currency_code"),
    (made.control_characters, "ID_INVALID", "order_recorded.order_id"),
    (made.year_9999, "TIME_IN_FUTURE", "occurred_at"),
    (made.not_a_number, "NUMBER_INVALID", "promotion_upserted.discount_share"),
    (made.without_payload, "PAYLOAD_MISSING", "payload"),
    (made.email_as_id, "EMAIL_NOT_ALLOWED", "actor.customer_id"),
)


def refused(call, code, *words):
    """The call fails with the code, and its sentence holds the words."""
    try:
        answer = call()
    except grpc.RpcError as error:
        equal(error.code(), code, error.details())
        holds(error.details(), *words)
        return
    raise AssertionError(f"it was answered: {answer}")


def taken(world, event):
    """The fleet still takes an event and counts it."""
    verdict, = world.fleet.send(event)
    equal(verdict.outcome, OUTCOME.OUTCOME_ACCEPTED, str(verdict))
    return verdict.position


def wrong_events_are_refused_among_right_ones(world):
    batch = [made.order()]
    for change, _, _ in WRONG:
        batch += [made.changed(change), made.order()]
    verdicts = world.fleet.send(*batch)
    equal(len(verdicts), len(batch), "verdicts")
    for at, (change, reason, field) in enumerate(WRONG):
        verdict = verdicts[1 + 2 * at]
        equal(verdict.outcome, OUTCOME.OUTCOME_REFUSED, change.__name__)
        told = {(violation.field, violation.reason) for violation in verdict.violations}
        assert (field, reason) in told, f"{change.__name__}: {verdict}"
        assert all(violation.description for violation in verdict.violations), verdict
    equal({verdict.outcome for verdict in verdicts[::2]}, {OUTCOME.OUTCOME_ACCEPTED}, "the right ones")


def all_violations_are_told_at_once(world):
    event = made.changed(made.negative_price)
    made.unknown_currency(event)
    made.year_9999(event)
    verdict, = world.fleet.send(event)
    equal(sorted(violation.reason for violation in verdict.violations),
          ["CURRENCY_UNKNOWN", "NEGATIVE_PRICE", "TIME_IN_FUTURE"], "reasons")


def a_used_event_id_is_refused_with_other_content(world):
    event = made.order("reused")
    first = taken(world, event)
    again, = world.fleet.send(event)
    equal((again.outcome, again.position), (OUTCOME.OUTCOME_DUPLICATE, first), "the same again")
    other, beside = world.fleet.send(made.order("reused", amount_nanos=7 * NANOS), made.order())
    equal((other.outcome, other.violations[0].reason), (OUTCOME.OUTCOME_REFUSED, "EVENT_ID_REUSED"), "other content")
    equal(beside.outcome, OUTCOME.OUTCOME_ACCEPTED, "its neighbour")


def an_event_of_ten_megabytes_is_refused(world):
    large, beside = world.fleet.send(made.changed(made.ten_megabytes), made.order())
    equal(large.outcome, OUTCOME.OUTCOME_REFUSED, "the large one")
    assert large.violations and len(str(large)) < 10_000, "the verdict repeats the event"
    equal(beside.outcome, OUTCOME.OUTCOME_ACCEPTED, "its neighbour")
    huge = [made.changed(made.ten_megabytes) for _ in range(3)]
    refused(lambda: world.fleet.send(*huge), grpc.StatusCode.RESOURCE_EXHAUSTED)
    taken(world, made.order())


def broken_utf8_is_refused(world):
    event = made.order()
    event.order_recorded.order_id = "AAAAAAAA"
    request = ingest.SendEventsRequest(parent=SHOP, events=[event]).SerializeToString()
    broken = request.replace(b"AAAAAAAA", b"AAA\xff\xfeAAA")
    send = world.fleet.channel.unary_unary("/kontor.ingest.v1.EventService/SendEvents",
                                           response_deserializer=ingest.SendEventsResponse.FromString)
    refused(lambda: send(broken, **world.fleet.call), grpc.StatusCode.INVALID_ARGUMENT, "UTF-8")
    taken(world, made.order())


def an_unreadable_message_is_refused(world):
    send = world.fleet.channel.unary_unary("/kontor.ingest.v1.EventService/SendEvents",
                                           response_deserializer=ingest.SendEventsResponse.FromString)
    refused(lambda: send(b"\x0a\xff\xff\xff\xff\x0f", **world.fleet.call), grpc.StatusCode.INVALID_ARGUMENT)
    taken(world, made.order())


def questions_that_make_no_sense_are_refused(world):
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    refused(lambda: world.fleet.query(("revenu",)), invalid)
    refused(lambda: world.fleet.query(("revenue",), ("planet",)), invalid)
    refused(lambda: world.fleet.query(()), invalid)
    refused(lambda: world.fleet.query(("sessions",), ("product",)), invalid)
    refused(lambda: world.fleet.query(("revenue",), page_size=-1), invalid)
    refused(lambda: world.fleet.query(("revenue",), page_token="no token"), invalid)
    refused(lambda: world.fleet.query(("revenue",), filters=[analytics.Filter(dimension="country'; DROP TABLE lines; --",
                                                                              values=["x"])]), invalid)
    done = world.stand.ctl("query", "revenu", check=False)
    assert done.returncode == 1 and "revenu" in done.stdout and "UNKNOWN" in done.stdout, done.stdout
    assert world.fleet.totals(("orders",))["orders"] > 0


def too_many_events_are_refused_as_a_whole(world):
    refused(lambda: world.fleet.send(*(made.order() for _ in range(1_001))), grpc.StatusCode.INVALID_ARGUMENT)
    refused(lambda: world.fleet.send(), grpc.StatusCode.INVALID_ARGUMENT)
