"""Single events, right and wrong, stamped a second after each other on top of the imported year."""

import itertools

from fleet import NANOS  # puts the stubs on the path
from kontor.events.v1 import event_pb2

SOURCE = "e2e"
NUMBER = itertools.count(1)


def order(number=None, amount_nanos=5 * NANOS, customer="12000", product="20000A", at=0, **fields):
    """A right order of one line, with an id of its own; `at` in seconds since 1970."""
    number = number or f"live-{next(NUMBER)}"
    event = event_pb2.Event(event_id=f"order/{number}", source=SOURCE, **fields)
    event.occurred_at.seconds = at or 1_704_000_000
    event.actor.customer_id = customer
    event.circumstances.country = "Germany"
    event.order_recorded.order_id = number
    event.order_recorded.currency_code = "GBP"
    line = event.order_recorded.lines.add(line_id="1", product_id=product)
    line.quantity.value.units = 1
    line.amount.units, line.amount.nanos = divmod(amount_nanos, NANOS)
    return event


def changed(change):
    """A right order after `change` has been made to it."""
    event = order()
    change(event)
    return event


def negative_price(event):
    event.order_recorded.lines[0].amount.units = -5


def without_lines(event):
    del event.order_recorded.lines[:]


def unknown_currency(event):
    event.order_recorded.currency_code = "ZZZ"


def control_characters(event):
    event.order_recorded.order_id = "order\n\x07"


def year_9999(event):
    event.occurred_at.seconds = 253_402_300_000


def not_a_number(event):
    event.ClearField("order_recorded")
    event.promotion_upserted.promotion_id = "half-price"
    event.promotion_upserted.discount_share = float("nan")


def ten_megabytes(event):
    event.order_recorded.lines[0].product_id = "p" * (10 << 20)


def without_payload(event):
    event.ClearField("order_recorded")


def email_as_id(event):
    event.actor.customer_id = "jane.doe@example.org"
