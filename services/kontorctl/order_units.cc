#include <deque>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "services/kontorctl/row_reader.h"
#include "services/kontorctl/unit_source.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::ingest::v1;
using kontor::events::v1::Event;
using kontor::events::v1::OrderLine;
using kontor::type::v1::Decimal;

struct Columns {
  Column order_id, occurred_at, customer_id, product_id, quantity, unit_price, amount, cost, country, store_id,
      session_id, attribution_token;
  std::vector<Column> discounts, units;
};

Columns FindColumns(const RowReader& reader, const v1::OrderMapping& mapping, base::Violations& violations) {
  const auto find = [&](const std::string& name, const char* field, bool required) {
    if (required && name.empty()) {
      violations.Add(absl::StrCat("orders.", field), "MISSING", "name the column");
    }
    return reader.Find(name, absl::StrCat("orders.", field), violations);
  };
  Columns c;
  c.order_id = find(mapping.order_id_column(), "orderIdColumn", true);
  c.occurred_at = find(mapping.occurred_at_column(), "occurredAtColumn", true);
  c.customer_id = find(mapping.customer_id_column(), "customerIdColumn", false);
  c.product_id = find(mapping.product_id_column(), "productIdColumn", true);
  c.quantity = find(mapping.quantity_column(), "quantityColumn", true);
  c.unit_price = find(mapping.unit_price_column(), "unitPriceColumn", mapping.amount_column().empty());
  c.amount = find(mapping.amount_column(), "amountColumn", false);
  c.cost = find(mapping.cost_column(), "costColumn", false);
  c.country = find(mapping.country_column(), "countryColumn", false);
  c.store_id = find(mapping.store_id_column(), "storeIdColumn", false);
  c.session_id = find(mapping.session_id_column(), "sessionIdColumn", false);
  c.attribution_token = find(mapping.attribution_token_column(), "attributionTokenColumn", false);
  for (const auto& discount : mapping.discounts()) c.discounts.push_back(find(discount.column(), "discounts", true));
  for (const auto& unit : mapping.units()) c.units.push_back(find(unit.column(), "units", true));
  return c;
}

Decimal Negated(const Decimal& value) {
  Decimal out;
  out.set_units(-value.units());
  out.set_nanos(-value.nanos());
  return out;
}

// Gathers the rows of an order wherever they stand: a first pass counts the rows of each, the second emits an order
// with its last row. The memory is a count for each order and the rows of those that are open.
class OrderUnits : public UnitSource {
 public:
  OrderUnits(RowReader reader, v1::ImportMapping mapping, Columns columns)
      : reader_(std::move(reader)), mapping_(std::move(mapping)), orders_(mapping_.orders()), columns_(columns) {}

  // The first pass; `counter` is a reader of its own over the same file.
  void CountRows(RowReader counter) {
    while (counter.Next()) {
      ++rows_in_all_;
      if (!counter.broken()) ++rows_left_[counter.Get(columns_.order_id)];
    }
  }

  bool Next(v1::ImportUnit& unit) override {
    while (complete_.empty()) {
      if (!reader_.Next()) return false;
      if (reader_.broken() == nullptr) {
        TakeRow();
        continue;
      }
      v1::ImportUnit& broken = complete_.emplace_back();
      broken.add_lines(reader_.line());
      *broken.add_row_errors() = *reader_.broken();
    }
    unit = std::move(complete_.front());
    complete_.pop_front();
    return true;
  }
  int64_t rows_read() const override { return reader_.rows(); }
  double share_read() const override {
    return rows_in_all_ == 0 ? 1 : static_cast<double>(reader_.rows()) / static_cast<double>(rows_in_all_);
  }

 private:
  using Meaning = v1::RowRule::Meaning;

  void TakeRow() {
    const std::string id(reader_.Get(columns_.order_id));
    const bool last = --rows_left_.find(id)->second == 0;
    const int number = ++row_numbers_[id];
    const Meaning meaning = MeaningOfRow(id);
    if (meaning == v1::RowRule::MEANING_ADJUSTMENT || meaning == v1::RowRule::MEANING_STOCK_ADJUSTMENT) {
      TakeSingle(id, number, meaning, complete_.emplace_back());
    } else {
      TakeLine(id, number, meaning, open_[{id, meaning == v1::RowRule::MEANING_RETURN}]);
    }
    if (last) Close(id);
  }

  // What was gathered under the id is complete: an order, a return, or both.
  void Close(const std::string& id) {
    rows_left_.erase(id);
    row_numbers_.erase(id);
    for (const bool is_return : {false, true}) {
      auto it = open_.find({id, is_return});
      if (it == open_.end()) continue;
      complete_.push_back(std::move(it->second));
      open_.erase(it);
    }
  }

  Meaning MeaningOfRow(const std::string& id) const {
    for (const v1::RowRule& rule : orders_.rules()) {
      if (!absl::StartsWith(id, rule.order_id_prefix())) continue;
      if (rule.quantity_negative() && !absl::StartsWith(reader_.Get(columns_.quantity), "-")) continue;
      return rule.meaning();
    }
    return v1::RowRule::MEANING_UNSPECIFIED;
  }

  void TakeLine(const std::string& id, int number, Meaning meaning, v1::ImportUnit& unit) {
    unit.add_lines(reader_.line());
    OrderLine line;
    if (!ReadLine(meaning == v1::RowRule::MEANING_RETURN, line, *unit.mutable_row_errors())) return;
    google::protobuf::Timestamp time;
    if (!reader_.Time(columns_.occurred_at, time, *unit.mutable_row_errors())) return;
    line.set_line_id(absl::StrCat(number));
    Event& event = *unit.mutable_event();
    Describe(time, event);
    if (meaning == v1::RowRule::MEANING_RETURN) {
      auto& ret = *event.mutable_return_recorded();
      event.set_event_id(absl::StrCat("return/", id));
      ret.set_return_id(id);
      ret.set_currency_code(orders_.currency_code());
      ret.set_store_id(std::string(reader_.Get(columns_.store_id)));
      *ret.add_lines() = std::move(line);
    } else {
      auto& order = *event.mutable_order_recorded();
      event.set_event_id(absl::StrCat("order/", id));
      order.set_order_id(id);
      order.set_currency_code(orders_.currency_code());
      order.set_store_id(std::string(reader_.Get(columns_.store_id)));
      *order.add_lines() = std::move(line);
    }
  }

  // Adjustments and corrections of stock: an event of their own each.
  void TakeSingle(const std::string& id, int number, Meaning meaning, v1::ImportUnit& unit) {
    unit.add_lines(reader_.line());
    auto& errors = *unit.mutable_row_errors();
    google::protobuf::Timestamp time;
    Decimal quantity, amount;
    bool ok = reader_.Time(columns_.occurred_at, time, errors);
    ok = reader_.Number(columns_.quantity, quantity, errors) && ok;
    if (meaning == v1::RowRule::MEANING_ADJUSTMENT) ok = ok && ReadAmount(quantity, amount, errors);
    if (!ok) return;
    Event& event = *unit.mutable_event();
    Describe(time, event);
    if (meaning == v1::RowRule::MEANING_ADJUSTMENT) {
      auto& adjustment = *event.mutable_adjustment_recorded();
      adjustment.set_adjustment_id(absl::StrCat(id, "/", number));
      event.set_event_id(absl::StrCat("adjustment/", adjustment.adjustment_id()));
      adjustment.set_currency_code(orders_.currency_code());
      *adjustment.mutable_amount() = amount;
    } else {
      auto& change = *event.mutable_stock_adjusted();
      change.set_adjustment_id(absl::StrCat(id, "/", number));
      event.set_event_id(absl::StrCat("stock/", change.adjustment_id()));
      change.set_product_id(std::string(reader_.Get(columns_.product_id)));
      *change.mutable_change()->mutable_value() = quantity;
    }
  }

  // What all kinds share. Rows of one order may carry several times: the earliest counts.
  void Describe(const google::protobuf::Timestamp& time, Event& event) const {
    event.set_source(mapping_.source());
    if (!event.has_occurred_at() || time.seconds() < event.occurred_at().seconds()) *event.mutable_occurred_at() = time;
    if (!event.actor().customer_id().empty() || event.circumstances().channel() != 0) return;
    absl::string_view customer = reader_.Get(columns_.customer_id);
    absl::ConsumeSuffix(&customer, orders_.customer_id_suffix());
    if (!customer.empty()) event.mutable_actor()->set_customer_id(std::string(customer));
    const absl::string_view session = reader_.Get(columns_.session_id);
    if (!session.empty()) event.mutable_actor()->set_session_id(std::string(session));
    auto& where = *event.mutable_circumstances();
    where.set_channel(orders_.channel());
    where.set_country(std::string(reader_.Get(columns_.country)));
    where.set_attribution_token(std::string(reader_.Get(columns_.attribution_token)));
  }

  bool ReadLine(bool turned, OrderLine& line, RowReader::Errors& errors) const {
    line.set_product_id(std::string(reader_.Get(columns_.product_id)));
    Decimal quantity, amount;
    if (!reader_.Number(columns_.quantity, quantity, errors)) return false;
    if (!ReadAmount(quantity, amount, errors)) return false;
    *line.mutable_quantity()->mutable_value() = turned ? Negated(quantity) : quantity;
    *line.mutable_amount() = turned ? Negated(amount) : amount;
    if (columns_.cost >= 0 && !reader_.Get(columns_.cost).empty() &&
        !reader_.Number(columns_.cost, *line.mutable_cost(), errors)) {
      return false;
    }
    for (size_t i = 0; i < columns_.discounts.size(); ++i) {
      Decimal discount;
      if (!reader_.Number(columns_.discounts[i], discount, errors)) return false;
      if (discount.units() == 0 && discount.nanos() == 0) continue;
      auto& out = *line.add_discounts();
      out.set_kind(orders_.discounts(static_cast<int>(i)).kind());
      *out.mutable_amount() = discount;
    }
    for (size_t i = 0; i < columns_.units.size(); ++i) {
      const v1::UnitRule& rule = orders_.units(static_cast<int>(i));
      if (!absl::StartsWith(reader_.Get(columns_.units[i]), rule.prefix())) continue;
      line.mutable_quantity()->set_unit_code(rule.unit_code());
      break;
    }
    return true;
  }

  // The amount column, or quantity × unit price.
  bool ReadAmount(const Decimal& quantity, Decimal& amount, RowReader::Errors& errors) const {
    if (columns_.amount >= 0) return reader_.Number(columns_.amount, amount, errors);
    Decimal price;
    if (!reader_.Number(columns_.unit_price, price, errors)) return false;
    const auto product = base::Multiply(*base::Decimal::FromParts(quantity.units(), quantity.nanos()),
                                        *base::Decimal::FromParts(price.units(), price.nanos()));
    if (!product.ok()) {
      reader_.AddError(columns_.unit_price, "NUMBER_INVALID", product.status().message(), errors);
      return false;
    }
    amount.set_units(product->units());
    amount.set_nanos(product->fraction());
    return true;
  }

  RowReader reader_;
  const v1::ImportMapping mapping_;
  const v1::OrderMapping& orders_;
  const Columns columns_;
  int64_t rows_in_all_ = 0;
  absl::flat_hash_map<std::string, int> rows_left_, row_numbers_;
  absl::flat_hash_map<std::pair<std::string, bool>, v1::ImportUnit> open_;
  std::deque<v1::ImportUnit> complete_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<UnitSource>> OpenOrders(const std::string& path, const v1::ImportMapping& mapping) {
  ASSIGN_OR_RETURN(RowReader reader, RowReader::Open(path, mapping));
  ASSIGN_OR_RETURN(RowReader counter, RowReader::Open(path, mapping));
  base::Violations violations;
  const Columns columns = FindColumns(reader, mapping.orders(), violations);
  if (!base::IsCurrency(mapping.orders().currency_code())) {
    violations.Add("orders.currencyCode", "CURRENCY_UNKNOWN", "give an ISO 4217 code such as GBP");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  auto units = std::make_unique<OrderUnits>(std::move(reader), mapping, columns);
  units->CountRows(std::move(counter));
  return units;
}

}  // namespace kontor::ctl
