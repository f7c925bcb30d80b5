#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "libs/base/money.h"
#include "services/ingest/checker.h"

namespace kontor::ingest {
namespace {

using kontor::events::v1::OrderLine;
using kontor::type::v1::Decimal;

constexpr int kMaxLines = 10'000;

absl::int128 Nanos(const Decimal& value) { return absl::int128(value.units()) * base::Decimal::kOne + value.nanos(); }

// quantity × unit_price − discounts = amount within one cent and half the last decimal of what was multiplied.
void CheckUnitPrice(const std::string& at, const OrderLine& line, Checker& check) {
  const absl::int128 gross = Nanos(line.quantity().value()) * Nanos(line.unit_price()) / base::Decimal::kOne;
  absl::int128 expected = gross;
  for (const auto& discount : line.discounts()) expected -= Nanos(discount.amount());
  absl::int128 difference = expected - Nanos(line.amount());
  if (difference < 0) difference = -difference;
  if (difference > base::Decimal::kOne / 100) {
    check.Add(
        at + "unit_price", "UNIT_PRICE_MISMATCH",
        absl::StrCat("quantity × unit_price − discounts is ", base::FormatDecimal(expected), " but the amount is ",
                     base::FormatDecimal(Nanos(line.amount())), "; correct one or leave unit_price out"));
  }
}

void CheckLine(const std::string& at, const OrderLine& line, Checker& check) {
  check.Id(at + "line_id", line.line_id());
  check.Id(at + "product_id", line.product_id());
  check.NotNegative(at + "quantity", "quantity", line.quantity().value());
  check.Text(at + "quantity.unit_code", line.quantity().unit_code(), 3);
  if (!line.has_amount()) check.Add(at + "amount", "MISSING", "give what the shop receives for the line");
  check.NotNegative(at + "amount", "price", line.amount());
  check.NotNegative(at + "tax", "tax", line.tax());
  check.NotNegative(at + "cost", "cost", line.cost());
  for (int i = 0; i < line.discounts_size(); ++i) {
    check.NotNegative(absl::StrCat(at, "discounts[", i, "].amount"), "discount", line.discounts(i).amount());
    check.Text(absl::StrCat(at, "discounts[", i, "].promotion_id"), line.discounts(i).promotion_id(), 200);
  }
  if (line.has_unit_price()) {
    check.NotNegative(at + "unit_price", "price", line.unit_price());
    CheckUnitPrice(at, line, check);
  }
}

template <typename Lines>
void CheckLines(absl::string_view where, const Lines& lines, Checker& check) {
  if (lines.empty()) check.Add(absl::StrCat(where, ".lines"), "LINES_MISSING", "give at least one line");
  if (lines.size() > kMaxLines) {
    check.Add(absl::StrCat(where, ".lines"), "TOO_MANY_LINES", "at most 10,000 lines are taken; split the order");
    return;
  }
  absl::flat_hash_set<absl::string_view> ids;
  for (int i = 0; i < lines.size(); ++i) {
    const std::string at = absl::StrCat(where, ".lines[", i, "].");
    CheckLine(at, lines[i], check);
    if (!ids.insert(lines[i].line_id()).second && !lines[i].line_id().empty()) {
      check.Add(at + "line_id", "LINE_ID_REPEATED", "line ids must differ within one order");
    }
  }
}

}  // namespace

void CheckOrder(const kontor::events::v1::OrderRecorded& order, Checker& check) {
  check.Id("order_recorded.order_id", order.order_id());
  check.Revision("order_recorded.revision", order.revision());
  check.Currency("order_recorded.currency_code", order.currency_code());
  check.Text("order_recorded.store_id", order.store_id(), 200);
  check.Text("order_recorded.seller_id", order.seller_id(), 200);
  check.NotNegative("order_recorded.shipping", "price", order.shipping());
  for (int i = 0; i < order.coupon_codes_size(); ++i) {
    check.Text(absl::StrCat("order_recorded.coupon_codes[", i, "]"), order.coupon_codes(i), 200);
  }
  CheckLines("order_recorded", order.lines(), check);
}

void CheckReturn(const kontor::events::v1::ReturnRecorded& ret, Checker& check) {
  check.Id("return_recorded.return_id", ret.return_id());
  check.Revision("return_recorded.revision", ret.revision());
  if (!ret.order_id().empty()) check.Id("return_recorded.order_id", ret.order_id());
  check.Currency("return_recorded.currency_code", ret.currency_code());
  check.Text("return_recorded.store_id", ret.store_id(), 200);
  check.FreeText("return_recorded.reason", ret.reason());
  CheckLines("return_recorded", ret.lines(), check);
}

void CheckAdjustment(const kontor::events::v1::AdjustmentRecorded& adjustment, Checker& check) {
  check.Id("adjustment_recorded.adjustment_id", adjustment.adjustment_id());
  check.Revision("adjustment_recorded.revision", adjustment.revision());
  check.Currency("adjustment_recorded.currency_code", adjustment.currency_code());
  if (!adjustment.has_amount()) check.Add("adjustment_recorded.amount", "MISSING", "give the amount");
  check.AnySign("adjustment_recorded.amount", adjustment.amount());
  check.FreeText("adjustment_recorded.reason", adjustment.reason());
  if (!adjustment.order_id().empty()) check.Id("adjustment_recorded.order_id", adjustment.order_id());
}

}  // namespace kontor::ingest
