#include "services/recommendations/catalogue_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kChangesKept = 100'000;

uint64_t FingerprintOf(const std::string& product, const std::string& title, const ItemFact& fact,
                       absl::Span<const catalogue::ProductRelation> relations) {
  std::string state = absl::StrCat(product, "\n", title, "\n", fact.sold, fact.shown_enough, " ", fact.brand, " ",
                                   fact.seller, " ", fact.group, " ", fact.stock_nanos, " ", fact.available_at_seconds);
  for (const Term category : fact.categories) absl::StrAppend(&state, " ", category);
  for (const Term attribute : fact.attributes) absl::StrAppend(&state, ",", attribute);
  for (const ItemPrice& price : fact.prices) {
    absl::StrAppend(&state, ";", price.currency, " ", price.price, " ", price.cost, " ", price.valid_until_seconds);
  }
  for (const catalogue::ProductRelation& relation : relations) {
    absl::StrAppend(&state, "\n", static_cast<int>(relation.kind), " ", relation.product);
  }
  return base::StableHash(state);
}

int64_t SecondsOf(absl::Time time) { return time == absl::InfiniteFuture() ? kForEver : absl::ToUnixSeconds(time); }

}  // namespace

void CatalogueView::Changed(Entry& entry) {
  fingerprint_ -= entry.second.fingerprint;
  entry.second.fingerprint = FingerprintOf(entry.first, entry.second.title, entry.second.fact, entry.second.relations);
  fingerprint_ += entry.second.fingerprint;
  changes_.push_back(&entry);
  if (changes_.size() > kChangesKept) changes_.pop_front();
  version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void CatalogueView::SetFact(const catalogue::ProductSnapshot& product, ItemFact& fact) {
  fact.brand = TermOf(TermKind::kBrand, product.brand);
  fact.seller = TermOf(TermKind::kSeller, product.seller);
  fact.group = TermOf(TermKind::kGroup, product.variant_group);
  fact.categories.clear();
  for (const std::string& level : product.category_path) {
    fact.categories.push_back(TermOf(TermKind::kCategory, level));
  }
  fact.attributes.clear();
  for (const catalogue::ProductAttribute& attribute : product.attributes) {
    fact.attributes.push_back(AttributeTerm(attribute.name, attribute.value));
  }
  std::sort(fact.attributes.begin(), fact.attributes.end());
  fact.attributes.erase(std::unique(fact.attributes.begin(), fact.attributes.end()), fact.attributes.end());
  fact.available_at_seconds =
      product.available_at.has_value() ? absl::ToUnixSeconds(*product.available_at) : kUnknownAmount;
}

void CatalogueView::Apply(const catalogue::ProductSnapshot& product) {
  base::WriterLock lock(mutex_);
  Entry& entry = *rows_.try_emplace(product.product).first;
  Row& row = entry.second;
  if (product.revision <= row.revision) return;
  row.revision = product.revision;
  row.fact.sold = !product.removed;
  if (!product.removed) {  // a removed one keeps the title for reasons that name it
    row.title = product.title;
    row.category = nullptr;
    if (!product.category_path.empty()) {
      std::unique_ptr<const std::string>& category = categories_[product.category_path.front()];
      if (category == nullptr) category = std::make_unique<const std::string>(product.category_path.front());
      row.category = category.get();
    }
    SetFact(product, row.fact);
    row.relations = product.relations;
  } else {
    row.relations.clear();
  }
  Changed(entry);
}

void CatalogueView::Apply(const catalogue::PriceSnapshot& price) {
  const ItemPrice next{CurrencyNumber(price.currency), price.price.nanos,
                       price.cost.has_value() ? price.cost->nanos : kUnknownAmount, SecondsOf(price.valid_until)};
  base::WriterLock lock(mutex_);
  Entry& entry = *rows_.try_emplace(price.product).first;
  std::vector<ItemPrice>& prices = entry.second.fact.prices;
  std::vector<int64_t>& revisions = entry.second.price_revisions;
  const auto place = std::lower_bound(prices.begin(), prices.end(), next.currency,
                                      [](const ItemPrice& p, uint32_t currency) { return p.currency < currency; });
  const auto at = place - prices.begin();
  if (place != prices.end() && place->currency == next.currency) {
    if (price.revision <= revisions[static_cast<size_t>(at)]) return;
    *place = next;
    revisions[static_cast<size_t>(at)] = price.revision;
  } else {
    prices.insert(place, next);
    revisions.insert(revisions.begin() + at, price.revision);
  }
  Changed(entry);
}

template <typename Content>
void CatalogueView::ApplyStock(const Content& content) {
  base::WriterLock lock(mutex_);
  Entry& entry = *rows_.try_emplace(content.product).first;
  if (!entry.second.stock.Apply(content)) return;
  const int64_t free = entry.second.stock.Free().value_or(kUnknownAmount);
  if (free == entry.second.fact.stock_nanos) return;
  entry.second.fact.stock_nanos = free;
  Changed(entry);
}

void CatalogueView::Apply(const catalogue::StockLevel& level) { ApplyStock(level); }
void CatalogueView::Apply(const catalogue::StockChange& change) { ApplyStock(change); }

void CatalogueView::CountShown(absl::string_view product, int64_t times) {
  base::WriterLock lock(mutex_);
  Entry& entry = *rows_.try_emplace(std::string(product)).first;
  entry.second.shown += times;
  const bool enough = entry.second.shown >= kEnoughShown;
  if (enough == entry.second.fact.shown_enough) return;
  entry.second.fact.shown_enough = enough;
  Changed(entry);
}

ProductText CatalogueView::Find(absl::string_view product) const {
  base::ReaderLock lock(mutex_);
  const auto found = rows_.find(product);
  if (found == rows_.end()) return {};
  return {found->second.title, found->second.category == nullptr ? "" : *found->second.category};
}

std::string CatalogueView::NameOf(absl::string_view product) const {
  base::ReaderLock lock(mutex_);
  const auto found = rows_.find(product);
  return found == rows_.end() || found->second.title.empty() ? std::string(product) : found->second.title;
}

ItemFact CatalogueView::FactOf(absl::string_view product) const {
  base::ReaderLock lock(mutex_);
  const auto found = rows_.find(product);
  return found == rows_.end() ? ItemFact() : found->second.fact;
}

CatalogueView::State CatalogueView::ChangesSince(uint64_t version, TakeFact take) const {
  base::ReaderLock lock(mutex_);
  const uint64_t now = version_.load(std::memory_order_relaxed);
  const auto hand = [&](const Entry& entry) {
    const Row& row = entry.second;
    take(entry.first, {row.revision != INT64_MIN, row.fact, row.title, row.relations});
  };
  if (now - version > changes_.size()) {
    for (const Entry& entry : rows_) hand(entry);
  } else {
    for (size_t i = changes_.size() - (now - version); i < changes_.size(); ++i) hand(*changes_[i]);
  }
  return {now, fingerprint_};
}

}  // namespace kontor::recommendations
