#include "services/recommendations/impressions.h"

#include <algorithm>
#include <cmath>

namespace kontor::recommendations {
namespace {

double Faded(double weight, int64_t micros) {
  constexpr double kMicrosPerDay = 86'400e6;
  return weight * std::exp2(-static_cast<double>(micros) / (Impressions::kHalfLifeDays * kMicrosPerDay));
}

}  // namespace

double Impressions::WeightAt(const Product& product, int64_t time_micros) {
  return Faded(product.weight, std::max<int64_t>(0, time_micros - product.last_micros));
}

void Impressions::Show(absl::Span<const std::string> products, int64_t time_micros) {
  until_micros_ = std::max(until_micros_, time_micros);
  for (const std::string& id : products) {
    const auto found =
        std::find_if(products_.begin(), products_.end(), [&](const Product& product) { return product.id == id; });
    if (found == products_.end()) {
      products_.push_back({id, 1, time_micros});
    } else if (time_micros >= found->last_micros) {
      *found = {id, WeightAt(*found, time_micros) + 1, time_micros};
    } else {
      found->weight += Faded(1, found->last_micros - time_micros);
    }
  }
  KeepNewest();
}

void Impressions::KeepNewest() {
  if (products_.size() <= kMostProducts) return;
  const auto newest = [](const Product& a, const Product& b) {
    return a.last_micros != b.last_micros ? a.last_micros > b.last_micros : a.id < b.id;
  };
  std::nth_element(products_.begin(), products_.begin() + kMostProducts, products_.end(), newest);
  products_.resize(kMostProducts);
}

void Impressions::Merge(const Impressions& other) {
  until_micros_ = std::max(until_micros_, other.until_micros_);
  for (const Product& product : other.products_) {
    const auto found =
        std::find_if(products_.begin(), products_.end(), [&](const Product& known) { return known.id == product.id; });
    if (found == products_.end()) {
      products_.push_back(product);
      continue;
    }
    const int64_t last = std::max(found->last_micros, product.last_micros);
    *found = {product.id, WeightAt(*found, last) + WeightAt(product, last), last};
  }
  KeepNewest();
}

bool Impressions::LookAt(const std::string& product, int64_t time_micros) {
  until_micros_ = std::max(until_micros_, time_micros);
  const auto gone = std::remove_if(products_.begin(), products_.end(), [&](const Product& one) {
    return one.id == product && one.last_micros <= time_micros;
  });
  const bool known = gone != products_.end();
  products_.erase(gone, products_.end());
  return known;
}

int64_t Impressions::bytes() const {
  size_t total = products_.capacity() * sizeof(Product);
  for (const Product& product : products_) total += product.id.size() > 15 ? product.id.capacity() : 0;
  return static_cast<int64_t>(total);
}

void Impressions::Save(base::ByteWriter& out) const {
  out.Value(until_micros_);
  out.Value(static_cast<uint64_t>(products_.size()));
  for (const Product& product : products_) {
    out.String(product.id);
    out.Value(product.weight);
    out.Value(product.last_micros);
  }
}

Impressions Impressions::Load(base::ByteReader& in) {
  Impressions impressions;
  impressions.until_micros_ = in.Value<int64_t>();
  const auto products = in.Value<uint64_t>();
  in.Require(products <= kMostProducts, "too many products were shown");
  for (uint64_t i = 0; i < products && in.status().ok(); ++i) {
    Product product;
    product.id = in.String();
    product.weight = in.Value<double>();
    product.last_micros = in.Value<int64_t>();
    in.Require(std::isfinite(product.weight) && product.weight >= 0, "a weight is wrong");
    impressions.products_.push_back(std::move(product));
  }
  return impressions;
}

}  // namespace kontor::recommendations
