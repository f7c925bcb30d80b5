#include "services/search/catalogue_state.h"

#include <map>
#include <utility>

#include "absl/time/time.h"

namespace kontor::search {

bool CatalogueState::Apply(const catalogue::ProductSnapshot& product) {
  Row& row = rows_[product.product];
  if (product.revision <= row.revision) return false;
  row.revision = product.revision;
  row.removed = product.removed;
  return true;
}

bool CatalogueState::Apply(const catalogue::PriceSnapshot& price) {
  Row& row = rows_[price.product];
  const Price next{price.currency, price.revision, price.price, price.cost,
                   price.valid_until == absl::InfiniteFuture() ? INT64_MAX : absl::ToUnixMicros(price.valid_until)};
  for (Price& known : row.prices) {
    if (known.currency != price.currency) continue;
    if (price.revision <= known.revision) return false;
    known = next;
    return true;
  }
  row.prices.push_back(next);
  return true;
}

bool CatalogueState::Apply(const catalogue::StockLevel& level) { return rows_[level.product].stock.Apply(level); }

bool CatalogueState::Apply(const catalogue::StockChange& change) { return rows_[change.product].stock.Apply(change); }

const CatalogueState::Row* CatalogueState::Find(absl::string_view product) const {
  const auto found = rows_.find(product);
  return found == rows_.end() ? nullptr : &found->second;
}

std::string CatalogueState::MainCurrency() const {
  std::map<std::string, size_t> counts;
  for (const auto& [product, row] : rows_) {
    for (const Price& price : row.prices) ++counts[price.currency];
  }
  std::string main;
  size_t most = 0;
  for (const auto& [currency, count] : counts) {
    if (count > most) std::tie(main, most) = std::pair(currency, count);
  }
  return main;
}

void CatalogueState::Save(base::ByteWriter& out) const {
  out.Value<uint64_t>(rows_.size());
  for (const auto& [product, row] : rows_) {
    out.String(product);
    out.Value(row.revision);
    out.Value<uint8_t>(row.removed);
    out.Value<uint32_t>(static_cast<uint32_t>(row.prices.size()));
    for (const Price& price : row.prices) {
      out.String(price.currency);
      out.Value(price.revision);
      out.Value(price.price.nanos);
      out.Value<uint8_t>(price.cost.has_value());
      out.Value<int64_t>(price.cost.has_value() ? price.cost->nanos : 0);
      out.Value(price.valid_until_us);
    }
    row.stock.Save(out);
  }
}

absl::Status CatalogueState::Load(base::ByteReader& in) {
  absl::node_hash_map<std::string, Row> rows;
  const auto count = in.Value<uint64_t>();
  for (uint64_t i = 0; i < count && in.status().ok(); ++i) {
    Row& row = rows[in.String()];
    row.revision = in.Value<int64_t>();
    row.removed = in.Value<uint8_t>() != 0;
    const auto prices = in.Value<uint32_t>();
    for (uint32_t p = 0; p < prices && in.status().ok(); ++p) {
      Price& price = row.prices.emplace_back();
      price.currency = in.String();
      price.revision = in.Value<int64_t>();
      price.price.nanos = in.Value<int64_t>();
      const bool has_cost = in.Value<uint8_t>() != 0;
      const auto cost = in.Value<int64_t>();
      if (has_cost) price.cost = base::Decimal{cost};
      price.valid_until_us = in.Value<int64_t>();
    }
    row.stock = catalogue::Stock::Load(in);
  }
  in.Require(rows.size() == count, "a product stands twice");
  if (in.status().ok()) rows_ = std::move(rows);
  return in.status();
}

}  // namespace kontor::search
