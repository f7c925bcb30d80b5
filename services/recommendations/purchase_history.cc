#include "services/recommendations/purchase_history.h"

#include "libs/base/bytes.h"

namespace kontor::recommendations {
namespace {

constexpr uint32_t kFormat = 3;

}  // namespace

void PurchaseHistoryBuilder::Add(absl::string_view order_id, int64_t revision, int64_t time_micros,
                                 absl::Span<const absl::string_view> products) {
  const auto begin = static_cast<uint32_t>(history_.numbers_.size());
  for (const absl::string_view product : products) {
    const auto [row, inserted] =
        rows_.try_emplace(std::string(product), static_cast<uint32_t>(history_.products_.size()));
    if (inserted) history_.products_.emplace_back(product);
    history_.numbers_.push_back(row->second);
  }
  history_.orders_.push_back(
      {std::string(order_id), revision, time_micros, begin, static_cast<uint32_t>(history_.numbers_.size())});
}

void PurchaseHistoryBuilder::SetPlace(absl::string_view country, absl::string_view store) {
  history_.country_ = std::string(country);
  history_.store_ = std::string(store);
}

int64_t PurchaseHistory::bytes() const {
  size_t total = sizeof(*this) + country_.size() + store_.size() + numbers_.capacity() * sizeof(uint32_t) +
                 orders_.capacity() * sizeof(Order) + products_.capacity() * sizeof(std::string);
  for (const std::string& product : products_) total += product.size() > 15 ? product.capacity() : 0;
  for (const Order& order : orders_) total += order.order_id.size() > 15 ? order.order_id.capacity() : 0;
  for (const std::string& visitor : visitors_) total += sizeof(std::string) + visitor.capacity();
  return static_cast<int64_t>(total) + shown_.bytes();
}

std::string PackHistory(const PurchaseHistory& history) {
  base::ByteWriter out;
  out.Value(kFormat);
  out.String(history.country_);
  out.String(history.store_);
  out.Value(static_cast<uint64_t>(history.products_.size()));
  for (const std::string& product : history.products_) out.String(product);
  out.Array(history.numbers_);
  out.Value(static_cast<uint64_t>(history.orders_.size()));
  for (const PurchaseHistory::Order& order : history.orders_) {
    out.String(order.order_id);
    out.Value(order.revision);
    out.Value(order.time_micros);
    out.Value(order.end);
  }
  history.shown_.Save(out);
  out.Value(static_cast<uint64_t>(history.visitors_.size()));
  for (const std::string& visitor : history.visitors_) out.String(visitor);
  out.Value(history.owner_);
  return std::move(out).Take();
}

absl::StatusOr<PurchaseHistory> UnpackHistory(absl::string_view bytes) {
  base::ByteReader in(bytes);
  PurchaseHistory history;
  in.Require(in.Value<uint32_t>() == kFormat, "another format");
  history.country_ = in.String();
  history.store_ = in.String();
  const auto products = in.Value<uint64_t>();
  for (uint64_t i = 0; i < products && in.status().ok(); ++i) history.products_.push_back(in.String());
  history.numbers_ = in.Array<uint32_t>();
  in.RequireBelow(history.numbers_, history.products_.size());
  const auto orders = in.Value<uint64_t>();
  uint32_t begin = 0;
  for (uint64_t i = 0; i < orders && in.status().ok(); ++i) {
    PurchaseHistory::Order order;
    order.order_id = in.String();
    order.revision = in.Value<int64_t>();
    order.time_micros = in.Value<int64_t>();
    order.begin = begin;
    order.end = begin = in.Value<uint32_t>();
    in.Require(order.begin <= order.end && order.end <= history.numbers_.size(), "an order has wrong lines");
    history.orders_.push_back(std::move(order));
  }
  history.shown_ = Impressions::Load(in);
  const auto visitors = in.Value<uint64_t>();
  for (uint64_t i = 0; i < visitors && in.status().ok(); ++i) history.visitors_.push_back(in.String());
  history.owner_ = in.Value<uint64_t>();
  in.Require(in.AtEnd(), "there is more behind the end");
  if (!in.status().ok()) return in.status();
  return history;
}

}  // namespace kontor::recommendations
